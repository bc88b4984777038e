import Foundation
import Testing

/// Bytes of the journal that are not what was written.
@Suite("A damaged journal", .serialized)
struct DamageTests {
    @Test("a document whose body was damaged or lost on the disk is held with its code and never sent; the others leave")
    func bodies() throws {
        let workspace = try Workspace("bodies")
        let node = try Node(workspace)
        var gateway = try node.startGateway()
        let documents = try Documents()
        for patient in 1...3 {
            let peer = try #require(MLLPPeer(port: node.mllp))
            #expect(MLLPPeer.code(peer.exchange(documents.request(control: "B\(patient)", patient: patient, number: 1, padding: 200_000))) == "AA")
            usleep(20_000)
        }
        Workspace.stop(gateway)
        let days = URL(fileURLWithPath: node.journal + "/bodies")
        let files = try #require(FileManager.default.enumerator(at: days, includingPropertiesForKeys: nil)).compactMap { $0 as? URL }
            .filter { $0.lastPathComponent.count == 26 }.sorted { $0.lastPathComponent < $1.lastPathComponent }
        try #require(files.count == 3)
        try overwrite(files[0].path, at: 100_000, with: [0])
        try FileManager.default.removeItem(at: files[1])
        let sandbox = try node.startSandbox()
        defer { Workspace.stop(sandbox) }
        gateway = try node.startGateway()
        #expect(eventually(60) { Set(node.received().filter(\.stored).map(\.document)) == [Documents.documentID(3, 1)] })
        #expect(eventually(60) { ((try? node.queue("--format", "json")) ?? "").components(separatedBy: "P0506").count >= 3 })
        let held = try node.queue("--state", "held")
        #expect(held.contains("P0506"), "\(held)")
        #expect(Set(node.received().map(\.document)) == [Documents.documentID(3, 1)], "a damaged document left")
        let help = try workspace.run(Workspace.binary, ["help", "P0506"])
        #expect(help.contains("journal check"), "the help of P0506 does not say what to run: \(help)")
        Workspace.stop(gateway)
    }

    @Test("a damaged database says so at the start or when it is read, names what to run, and acknowledges nothing", arguments: Page.allCases)
    func pages(_ page: Page) throws {
        let workspace = try Workspace("page")
        let node = try Node(workspace)
        let gateway = try node.startGateway()
        let documents = try Documents()
        for patient in 1...40 {
            let peer = try #require(MLLPPeer(port: node.mllp))
            #expect(MLLPPeer.code(peer.exchange(documents.request(control: "P\(patient)", patient: patient, number: 1))) == "AA")
        }
        Workspace.stop(gateway)
        let file = node.journal + "/journal.sqlite"
        _ = try workspace.run("/usr/bin/sqlite3", [file, "PRAGMA wal_checkpoint(TRUNCATE)"])
        try overwrite(file, at: try page.offset(file, workspace), with: [UInt8](repeating: 0xA5, count: page == .header ? 16 : 4096))
        let attempt = try node.tryGateway()
        #expect(attempt.status == 2 || attempt.status == 70, "ended \(attempt.status)")
        #expect(attempt.text.contains("journal check"), "no word of what to do: \(attempt.text)")
    }

    enum Page: String, CaseIterable {
        /// The first bytes of the file, the schema, a page of open deliveries.
        case header, schema, deliveries

        func offset(_ file: String, _ workspace: Workspace) throws -> Int {
            switch self {
            case .header: return 0
            case .schema: return 2048
            case .deliveries:
                let root = try workspace.run("/usr/bin/sqlite3", [file, "SELECT rootpage FROM sqlite_master WHERE name = 'delivery'"])
                return ((Int(root.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 1) - 1) * 8192
            }
        }
    }

    private func overwrite(_ path: String, at offset: Int, with bytes: [UInt8]) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try handle.seek(toOffset: UInt64(offset))
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
    }
}
