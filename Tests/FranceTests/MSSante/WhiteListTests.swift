import Testing

@testable import France

@Suite("White list of MSSanté domains (mssante-xdm §1.4)")
struct WhiteListTests {
    func list(_ domains: [String], date: String = "2026-01-15T03:00:00") throws -> WhiteList {
        let entries = domains.map { "<Domaine><Nom>\($0)</Nom><DNCertificatOperateur>CN=x</DNCertificatOperateur></Domaine>" }.joined()
        let xml = "<l:ListeBlanche xmlns:l='https://listeblanche.mssante.fr/schema'><DateDeGeneration>\(date)</DateDeGeneration>\(entries)</l:ListeBlanche>"
        return try WhiteList(Array(xml.utf8))
    }

    @Test("domains match exactly, whatever their case; the patients' is always open (cases 3, 4)")
    func exact() throws {
        let list = try list(["essai.mssante.fr", " CHU.MSSANTE.fr\n"])
        #expect(list.contains("Essai.mssante.fr") && list.contains("chu.mssante.fr") && list.contains("patient.mssante.fr"))
        for other in ["essai.mssante.fr.evil.example", "sub.essai.mssante.fr", "mssante.fr", ""] { #expect(!list.contains(other)) }
    }

    @Test("its age is shown")
    func age() throws {
        #expect(try list(["a.fr"]).ageInDays(at: 1_768_469_527_000) == 0)
        #expect(try list(["a.fr"], date: "05/01/2026").ageInDays(at: 1_768_469_527_000) == 10)
        #expect(try list(["a.fr"], date: "hier").ageInDays(at: 0) == nil)
    }

    @Test("an older, shrunken, empty or unreadable file does not take the place of a good one (case 5)")
    func replacing() throws {
        let good = try list((0..<100).map { "d\($0).fr" })
        #expect(try list((0..<80).map { "d\($0).fr" }, date: "2026-01-16").replacing(good).domains.count == 80)
        #expect(throws: WhiteList.Fault.shrunk) { try list((0..<79).map { "d\($0).fr" }, date: "2026-01-16").replacing(good) }
        #expect(throws: WhiteList.Fault.older) { try list((0..<100).map { "d\($0).fr" }, date: "2026-01-14").replacing(good) }
        #expect(throws: WhiteList.Fault.self) { try list([]) }
        #expect(throws: WhiteList.Fault.self) { try WhiteList(Array("<a>".utf8)) }
        #expect(throws: WhiteList.Fault.self) { try WhiteList(Array("<!DOCTYPE a [<!ENTITY x 'y'>]><a><Domaine><Nom>&x;</Nom></Domaine></a>".utf8)) }
    }
}
