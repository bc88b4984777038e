import Foundation
import Pipeline
import PipelineTesting
import Testing

@testable import JournalSQLite

@Suite("Numbers whose words are lost", .serialized)
struct LostNameTests {
    /// An open delivery of every `Sick`, planned for `dmp`.
    private static let open: DeliveryID = 6 << 12

    private func change(_ file: String, _ sql: String) throws {
        let connection = try Connection(path: file, isReader: false)
        try connection.run(sql)
    }

    private func number(_ file: String, _ sql: String) throws -> Int64? {
        let connection = try Connection(path: file, isReader: true)
        return try connection.number(sql)
    }

    /// The bytes of a table's only page.
    private func page(of table: String, _ file: String) throws -> Range<Int> {
        let root = Int(try #require(try number(file, "SELECT rootpage FROM sqlite_master WHERE name = '\(table)'")))
        return (root - 1) * Schema.pageSize..<root * Schema.pageSize
    }

    /// What a journal says of the open delivery.
    private func delivery(_ folder: String, _ clock: ManualClock) async throws -> Delivery {
        let journal = try openJournal(folder, clock: clock)
        let found = try await journal.find(.delivery(Self.open)).deliveries.first
        await journal.close()
        return try #require(found).delivery
    }

    private func exported(_ sick: Sick, _ table: SQLiteExport.Table) throws -> [String] {
        let out = try SQLiteExport(directory: sick.path, digester: testDigester())
        var all: [String] = []
        try out.rows(of: table, now: sick.clock.now) { (rows) throws(JournalError) in all += rows }
        return all
    }

    @Test("check says which numbers lost their names, and salvage lets no name to come take one: what was planned leaves to nobody named later")
    func taken() async throws {
        let sick = try await Sick(60)
        try change(sick.file, "DELETE FROM name; DELETE FROM peer; UPDATE message SET trace = 7 WHERE seq = 6")
        let found = try sick.check()
        #expect(Set(found.map(\.code)) == ["P0751"])
        #expect(Set(found.map { $0.place.prefix(5) }) == ["name ", "peer "])
        let (report, new) = try sick.salvage()
        #expect(!report.isWhole)
        #expect(report.lost["peer"] == ["lost-1"])
        #expect(try JournalCheck.run(directory: new, digester: testDigester()) == [])
        #expect(try number(new + "/journal.sqlite", "SELECT count(*) FROM message WHERE trace IS NOT NULL") == 0)

        let journal = try openJournal(new, clock: sick.clock)
        let t = try await harness(journal, sick.clock)
        let later = try await t.stored(try await t.send("later", lane: 999, sender: "other")).delivery
        #expect([later.route, later.destination, later.sender] == ["documents", "documents/dmp", "other"])
        #expect(later.message.envelope.partner == Partner(facility: "clinic", name: "DPI|CH"))
        let old = try await t.stored(Self.open).delivery, names = [old.route, old.destination, old.sender, old.message.envelope.listener]
        #expect(names.allSatisfy { $0.hasPrefix("lost-") }, "\(names)")
        #expect(Set(names).count == 4)
        #expect(old.message.envelope.partner == Partner(facility: "", name: "lost-1"))
        await journal.close()
    }

    @Test("names and partners on a page that is lost are read from their index")
    func index() async throws {
        let sick = try await Sick(60)
        let pages = try ["name", "peer"].map { try page(of: $0, sick.file) }
        var bytes = sick.bytes
        for page in pages { for at in page { bytes[at] = 0 } }
        sick.bytes = bytes
        let (_, new) = try sick.salvage()
        let old = try await delivery(new, sick.clock)
        #expect([old.route, old.destination, old.sender] == ["documents", "documents/dmp", "dmp"])
        #expect(old.message.envelope.partner == Partner(facility: "clinic", name: "DPI|CH"))
        #expect(try JournalCheck.run(directory: new, digester: testDigester()) == [])
    }

    @Test("where a table and its index give a number different names, salvage believes neither")
    func doubt() async throws {
        let sick = try await Sick(60)
        let page = try page(of: "name", sick.file), name = Array("dmp".utf8)
        var bytes = sick.bytes
        for at in page.dropLast(2) where Array(bytes[at..<at + 3]) == name { bytes[at + 2] += 1 }
        sick.bytes = bytes
        let (report, new) = try sick.salvage()
        #expect(report.lost["name"]?.count == 2)
        let old = try await delivery(new, sick.clock)
        #expect(old.route == "documents")
        #expect(old.destination.hasPrefix("lost-") && old.sender.hasPrefix("lost-"), "\(old.destination) \(old.sender)")
    }

    @Test("a journal that lost its names is copied elsewhere with every message, delivery and control id")
    func export() async throws {
        let sick = try await Sick(60)
        let tables: [SQLiteExport.Table] = [.message, .delivery, .seen]
        let before = try tables.map { try exported(sick, $0).count }
        try change(sick.file, "DELETE FROM name; DELETE FROM peer")
        #expect(try tables.map { try exported(sick, $0).count } == before)
        #expect(try exported(sick, .delivery).allSatisfy { $0.contains("\"sender\":\"lost-") })
        #expect(try exported(sick, .message).allSatisfy { $0.contains("\"peer\":\"lost-1\"") && $0.contains("\"listener\":\"lost-") })
    }
}
