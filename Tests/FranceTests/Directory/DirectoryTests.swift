import France
import Testing

@Suite("Identifiers of the national directories and addresses")
struct DirectoryTests {
    @Test(
        "RPPS: eleven digits, Luhn",
        arguments: [("10098765430", true), ("81000123455", true), ("99700099999", true), ("10098765431", false), ("1009876543", false)])
    func rpps(_ value: String, _ good: Bool) { #expect(DirectoryIdentifier.isRPPS(value) == good) }

    @Test(
        "FINESS: nine characters, Luhn, Corsica read as 21 and 22",
        arguments: [
            ("990000010", true), ("750999997", true), ("2A0999991", true), ("2B0999999", true), ("300017985", true), ("990000011", false),
            ("120456789", false), ("000897406", false), ("99000001", false),
        ])
    func finess(_ value: String, _ good: Bool) { #expect(DirectoryIdentifier.isFINESS(value) == good) }

    @Test(
        "national identifiers carry their type digit",
        arguments: [
            ("810098765430", true), ("810098765431", false), ("801234567897", true), ("801234567866", false), ("3990000010/1453", true), ("299999999", false),
        ])
    func person(_ value: String, _ good: Bool) { #expect(DirectoryIdentifier.isNationalPerson(value) == good) }

    @Test("national structures", arguments: [("1990000010", true), ("1990000011", false), ("990000010", false), ("1300017985", true)])
    func structure(_ value: String, _ good: Bool) { #expect(DirectoryIdentifier.isNationalStructure(value) == good) }

    @Test("bare numbers become national ones; a FINEG of ten digits is national already")
    func national() {
        #expect(DirectoryIdentifier.nationalStructure("990000010", type: "FINEG") == "1990000010")
        #expect(DirectoryIdentifier.nationalStructure("1120459876", type: "FINEG") == "1120459876")
        #expect(DirectoryIdentifier.nationalPerson("99700099999", type: "RPPS") == "899700099999")
        #expect(DirectoryIdentifier.nationalPerson("899700099999", type: "IDNPS") == "899700099999")
        #expect(DirectoryIdentifier.nationalPerson("3750100125/1453", type: "EI") == "3750100125/1453")
    }

    @Test(
        "an address is local@domain and nothing that could end a header line or add a recipient",
        arguments: [
            "a b@c.fr", "a@c", "@c.fr", "a@", "a@b@c.fr", "\"a\"@c.fr", "a@[127.0.0.1]", "a@c.fr\r\nBcc: d@e.fr", "a,b@c.fr", "a@c..fr", "é@c.fr",
            "a@-c.fr", "<a@c.fr>", "a(x)@c.fr", ".a@c.fr", "a;b@c.fr", "",
        ])
    func badAddress(_ text: String) { #expect(MailAddress(text) == nil) }

    @Test("the local part is kept as written, the domain is compared in lower case and exactly")
    func address() {
        let address = MailAddress("Anne.Fictif-Gamma@Essai.MSSante.Example")
        #expect(address?.local == "Anne.Fictif-Gamma")
        #expect(address?.domain == "essai.mssante.example")
        #expect(address?.isPatient == false)
        #expect(MailAddress("269029910900215@PATIENT.mssante.fr")?.isPatient == true)
        #expect(MailAddress("269029910900215@patient.mssante.fr.evil.example")?.isPatient == false)
    }
}
