import java.io.FileInputStream;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.logging.LogManager;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;

/**
 * Asks veraPDF about many files in one process: {@code Validate FLAVOURS FILE...}, flavours such as {@code 3a,ua1}.
 *
 * <p>Prints a line of three fields parted by tabs for each file and flavour: file, flavour, number of checks made; then
 * one of four for each rule that failed: file, flavour, "clause-test", the message with the first place.
 */
public class Validate {
    public static void main(String[] arguments) throws Exception {
        LogManager.getLogManager().reset();
        VeraGreenfieldFoundryProvider.initialise();
        for (String file : Arrays.copyOfRange(arguments, 1, arguments.length)) {
            for (String flavour : arguments[0].split(",")) {
                tell(file, flavour);
            }
        }
    }

    private static void tell(String file, String flavour) throws Exception {
        PDFAFlavour wanted = PDFAFlavour.byFlavourId(flavour);
        try (FileInputStream content = new FileInputStream(file);
                PDFAParser parser = Foundries.defaultInstance().createParser(content, wanted)) {
            ValidationResult result =
                    Foundries.defaultInstance().createValidator(profile(flavour), false).validate(parser);
            System.out.println(file + "\t" + flavour + "\t" + result.getTotalAssertions());
            Map<String, String> failed = new TreeMap<>();
            for (TestAssertion assertion : result.getTestAssertions()) {
                if (assertion.getStatus() == TestAssertion.Status.FAILED) {
                    String rule = assertion.getRuleId().getClause() + "-" + assertion.getRuleId().getTestNumber();
                    failed.putIfAbsent(rule, assertion.getMessage() + " @ " + assertion.getLocation().getContext());
                }
            }
            if (result.isCompliant() != failed.isEmpty()) {
                throw new IllegalStateException("the rules that failed are not the verdict");
            }
            failed.forEach((rule, told) -> System.out.println(
                    file + "\t" + flavour + "\t" + rule + "\t" + told.replaceAll("\\s+", " ")));
        }
    }

    // The directory of profiles does not work inside the jar that carries veraPDF; its files do.
    private static ValidationProfile profile(String flavour) throws Exception {
        String name = flavour.startsWith("ua") ? "PDFUA-" + flavour.substring(2) : "PDFA-" + flavour.toUpperCase();
        try (InputStream text = Validate.class.getResourceAsStream("/org/verapdf/pdfa/validation/" + name + ".xml")) {
            return Profiles.profileFromXml(text);
        }
    }
}
