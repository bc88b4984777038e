import Foundation
import HL7v2
import Pipeline
import PipelineTesting
import Synchronization
import Testing

@testable import Connectors

/// A folder of its own for one test, gone afterwards.
struct TestFolder: ~Copyable {
    let path = NSTemporaryDirectory() + "passerelle-folder-" + UUID().uuidString

    init() { try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func put(_ name: String, _ text: String) { _ = FileManager.default.createFile(atPath: path + "/" + name, contents: Data(text.utf8)) }
    func names(_ inner: String = "") -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path + inner)) ?? []).filter { $0 != "done" && $0 != "refused" }.sorted()
    }
    func text(_ name: String) -> String { FileManager.default.contents(atPath: path + "/" + name).map { String(decoding: $0, as: UTF8.self) } ?? "" }
}

@Suite("The folder sender")
struct FolderSenderTests {
    private func sender(_ path: String, _ more: [String: Fields.Value] = [:]) throws -> FolderSender {
        try FolderSender(.test(more.merging(["path": .text(path)]) { mine, _ in mine }), .test(ScriptedIntake { _ in nil }))
    }

    private func deliver(_ sender: any Sender, _ text: String, key: UInt64 = 7) async -> Outcome {
        let envelope = Envelope(
            id: MessageID(Key128(high: 1, low: 1)), listener: "in", partner: Partner(facility: "f", name: "p"), received: Instant(milliseconds: 0),
            format: "bytes", controlID: "1")
        let message = Message(envelope: envelope, body: .bytes(Array(text.utf8)), digest: [])
        let delivery = Delivery(
            id: 1, key: Key128(high: key, low: key), message: message, route: "r", destination: "r/a", sender: "out", part: Part(), lane: Lane(1))
        return await sender.deliver(
            delivery, Attempt(time: Instant(milliseconds: 0), record: { (_) throws(JournalError) in }, bytes: { () throws(JournalError) in Array(text.utf8) }))
    }

    @Test("the same delivery sent again is the same file, another delivery another")
    func idempotent() async throws {
        let folder = TestFolder(), sender = try sender(folder.path + "/deep/er")
        let first = await deliver(sender, "one"), again = await deliver(sender, "one")
        #expect(first == again)
        guard case .delivered(let proof) = first else { return #expect(Bool(false), "\(first)") }
        #expect(folder.names("/deep/er") == [proof.answer] && proof.answer.hasSuffix(".hl7") && proof.answer.count == 30)
        #expect(folder.text("deep/er/" + proof.answer) == "one")
        _ = await deliver(sender, "two", key: 8)
        #expect(folder.names("/deep/er").count == 2)
        #expect(await sender.probe() == nil)
    }

    @Test("a half-written file of a crash is replaced, and never seen under its name")
    func crash() async throws {
        let folder = TestFolder(), sender = try sender(folder.path)
        let name = Key128(high: 7, low: 7).base32() + ".hl7"
        folder.put("." + name + ".part", "half of a much longer text")
        _ = await deliver(sender, "whole")
        #expect(folder.names() == [name] && folder.text(name) == "whole")
    }

    @Test("a folder that cannot be written halts the sender: waiting mends nothing")
    func halted() async throws {
        let folder = TestFolder()
        folder.put("file", "")
        let sender = try sender(folder.path + "/file/below")
        guard case .halted(let scope, let reason) = await deliver(sender, "x") else { return #expect(Bool(false)) }
        #expect(scope == "mllp-in" && reason.code == "P0682")
        #expect(await sender.probe()?.code == "P0682")
    }

    @Test("a link that waits under the hidden name is not followed: nothing outside the folder is written")
    func link() throws {
        let folder = TestFolder()
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/.a.part", withDestinationPath: folder.path + "/elsewhere")
        #expect(throws: FolderFiles.Failure.self) { try FolderFiles.write([1], "a", in: folder.path) }
        #expect(folder.names() == [".a.part"])
    }

    @Test("a device without room defers: only what waiting cannot mend is our set-up")
    func room() throws {
        #expect(FolderFiles.Failure("write", code: ENOSPC).isOurSetup == false && FolderFiles.Failure("open", code: EACCES).isOurSetup)
    }

    @Test("an extension with a path in it is refused at its place")
    func suffix() {
        #expect(throws: ConfigError.self) { try sender("/tmp", ["extension": .text("/../x")]) }
    }

    @Test("the null sender takes everything")
    func null() async throws {
        let sender = try NullSender(.test([:]), .test(ScriptedIntake { _ in nil }))
        #expect(sender.concurrency == 64 && sender.afterUnknown == .sendAgain)
        #expect(await deliver(sender, "x") == .delivered(Proof(answer: "null")))
    }
}

@Suite("The folder listener")
struct FolderListenerTests {
    static func hl7(_ control: String) -> String {
        "MSH|^~\\&|A|B|C|D|20260101||ADT^A03|\(control)|P|2.5\rPID|1||700001^^^CH&1.2.250.1.999.7.1&ISO^PI\r"
    }

    private func listener(_ folder: String, _ intake: any Intake, _ more: [String: Fields.Value] = [:]) throws -> FolderListener {
        let fields: [String: Fields.Value] = ["path": .text(folder), "facility": .text("clinique"), "still": .duration(.zero), "size": .integer(1000)]
        return try FolderListener(.test(fields.merging(more) { _, mine in mine }), .test(intake))
    }

    @Test("files are taken in the order of their names, with id and order keys, and put into done")
    func taken() async throws {
        let folder = TestFolder(), intake = ScriptedIntake { _ in .accepted([]) }
        for name in ["b.hl7", "a.hl7", "c.hl7", ".hidden"] { folder.put(name, Self.hl7(name)) }
        try await listener(folder.path, intake).look()
        #expect(intake.got.map(\.acceptance.message.envelope.controlID) == ["a.hl7", "b.hl7", "c.hl7"])
        let envelope = try #require(intake.got.first).acceptance.message.envelope
        #expect(envelope.facility == "clinique" && envelope.listener == "mllp-in" && envelope.format == "hl7v2" && envelope.keys.patient != 0)
        #expect(intake.got.first?.content != nil && intake.got.first?.acceptance.repeats == .refuseReuse)
        #expect(folder.names() == [".hidden"] && folder.names("/done") == ["a.hl7", "b.hl7", "c.hl7"])
    }

    @Test("a refused file goes into refused, with its reasons beside it; a second of the name keeps both")
    func refused() async throws {
        let folder = TestFolder()
        let intake = ScriptedIntake { _ in .rejected([Finding(.error, Reason("207", Text(fr: "non", en: "no"), location: "PID-3"))]) }
        for _ in 0..<2 {
            folder.put("a.hl7", Self.hl7("1"))
            try await listener(folder.path, intake).look()
        }
        #expect(folder.names("/refused") == ["2-a.hl7", "2-a.hl7.txt", "a.hl7", "a.hl7.txt"])
        #expect(folder.text("refused/a.hl7.txt") == "error 207 PID-3: non / no\n")
    }

    @Test("not now: the file stays, and the look ends")
    func later() async throws {
        let folder = TestFolder(), intake = ScriptedIntake { _ in .later(Reason("P0511", Text(fr: "plein", en: "full"))) }
        folder.put("a.hl7", Self.hl7("1"))
        try await listener(folder.path, intake).look()
        #expect(folder.names() == ["a.hl7"] && intake.got.count == 1)
    }

    @Test("what is no HL7 is journaled as rejected; what is too large is refused unread; links and folders are left alone")
    func bad() async throws {
        let folder = TestFolder(), intake = ScriptedIntake { _ in .accepted([]) }
        folder.put("noise", "nothing of the kind")
        folder.put("large", String(repeating: "x", count: 1001))
        try FileManager.default.createDirectory(atPath: folder.path + "/inner", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: "/etc/hostname")
        try await listener(folder.path, intake).look()
        #expect(intake.got.map { $0.acceptance.verdict?.kind } == [.rejected])
        #expect(folder.names() == ["inner", "link"] && folder.names("/refused") == ["large", "large.txt", "noise", "noise.txt"])
        #expect(folder.text("refused/large.txt").hasPrefix("error 199: "))
    }

    @Test("other bytes are known by name and content, may be deleted once taken, and a suffix chooses")
    func bytes() async throws {
        let folder = TestFolder(), intake = ScriptedIntake { _ in .accepted([]) }
        let listener = try listener(folder.path, intake, ["format": .text("bytes"), "after": .text("delete"), "suffix": .text(".bin")])
        for text in ["1", "1", "2"] {
            folder.put("a.bin", text)
            folder.put("b.txt", text)
            await listener.look()
        }
        let ids = intake.got.map(\.acceptance.message.envelope.controlID)
        #expect(ids.count == 3 && ids[0] == ids[1] && ids[1] != ids[2] && ids[0].hasPrefix("a.bin@"))
        #expect(folder.names() == ["b.txt"] && listener.owns == ["folder:" + folder.path])
    }

    @Test("a file that was just written is left until it has been still")
    func still() async throws {
        let folder = TestFolder(), intake = ScriptedIntake { _ in .accepted([]) }
        folder.put("a.hl7", Self.hl7("1"))
        try await listener(folder.path, intake, ["still": .duration(.seconds(3600))]).look()
        #expect(intake.got.isEmpty)
    }

    /// Stores what is large late and on another thread, as a journal does that writes it to a file first.
    private final class LateIntake: Intake {
        private let state = Mutex<[String]>([])
        var stored: [String] { state.withLock { $0 } }

        func receive(_ acceptance: Acceptance, content: (any Content)?, turn: Turn?, answer: @escaping @Sendable (Answer) -> Void) {
            let message = acceptance.message
            let name = String(message.envelope.controlID.prefix { $0 != "@" })
            guard message.body.count > 65_536 else { return store(name, answer) }
            Thread.detachNewThread {
                Thread.sleep(forTimeInterval: 0.1)
                self.store(name, answer)
            }
        }

        private func store(_ name: String, _ answer: (Answer) -> Void) {
            state.withLock { $0.append(name) }
            answer(.accepted([]))
        }

        func partner(listener: String, application: String, facilityCode: String, subject: String?) -> PartnerMatch {
            .unknown(Reason("P0", Text(fr: "", en: "")))
        }
    }

    static let large = String(repeating: "x", count: 65_537)
    static let wide: [String: Fields.Value] = ["format": .text("bytes"), "size": .integer(1_000_000)]

    @Test("a small file does not overtake a large one before it, nor a large one another")
    func order() async throws {
        let folder = TestFolder(), intake = LateIntake()
        for name in ["b", "c", "e"] { folder.put(name, Self.large) }
        for name in ["a", "d", "f"] { folder.put(name, name) }
        try await listener(folder.path, intake, Self.wide).look()
        #expect(intake.stored == ["a", "b", "c", "d", "e", "f"])
        #expect(folder.names("/done") == ["a", "b", "c", "d", "e", "f"])
    }

    /// An intake that does something to the folder while the first file, a large one, is handed in.
    private func meddling(_ meddle: @escaping @Sendable () -> Void) -> ScriptedIntake {
        ScriptedIntake { acceptance in
            if acceptance.message.envelope.controlID.hasPrefix("a@") { meddle() }
            return .accepted([])
        }
    }

    private func names(_ intake: ScriptedIntake) -> [String] { intake.got.map { String($0.acceptance.message.envelope.controlID.prefix { $0 != "@" }) } }

    @Test("a file that waiting does not make readable is left, and holds up no other")
    func unreadable() async throws {
        let folder = TestFolder(), path = folder.path
        let intake = meddling {
            // A link in the place of a file is not followed.
            try? FileManager.default.removeItem(atPath: path + "/c")
            try? FileManager.default.createSymbolicLink(atPath: path + "/c", withDestinationPath: "/etc/hostname")
        }
        folder.put("a", Self.large)
        for name in ["b", "c", "d"] { folder.put(name, name) }
        let listener = try listener(path, intake, Self.wide)
        await listener.look()
        #expect(names(intake) == ["a", "b", "d"] && folder.names() == ["c"] && folder.names("/done") == ["a", "b", "d"])
    }

    @Test("a file that is written to after it was listed is left until the next look, and then taken whole")
    func extended() async throws {
        let folder = TestFolder(), path = folder.path
        let intake = meddling { _ = FileManager.default.createFile(atPath: path + "/b", contents: Data("longer".utf8)) }
        folder.put("a", Self.large)
        folder.put("b", "b")
        let listener = try listener(path, intake, Self.wide)
        await listener.look()
        #expect(names(intake) == ["a"] && folder.names() == ["b"])
        await listener.look()
        #expect(names(intake) == ["a", "b"] && intake.got.last?.bytes == Array("longer".utf8) && folder.names().isEmpty)
    }

    @Test("a file that is replaced after it was read is not put away unread", arguments: ["move", "delete"])
    func replaced(_ after: String) async throws {
        let folder = TestFolder(), path = folder.path
        let answers = Mutex<[Answer]>([.accepted([]), .rejected([Finding(.error, Reason("207", Text(fr: "non", en: "no")))])])
        let intake = ScriptedIntake { acceptance in
            if case .bytes(let bytes) = acceptance.message.body, bytes.count < 6 {
                _ = FileManager.default.createFile(atPath: path + "/a", contents: Data(bytes + [0x61]))
            }
            return answers.withLock { $0.isEmpty ? .accepted([]) : $0.removeFirst() }
        }
        folder.put("a", "aaaa")
        let listener = try listener(path, intake, Self.wide.merging(["after": .text(after)]) { _, new in new })
        for round in 1...2 {
            await listener.look()
            #expect(intake.got.count == round && folder.names() == ["a"])
            #expect(folder.names("/done").isEmpty && folder.names("/refused").isEmpty)
        }
        await listener.look()
        #expect(intake.got.last?.bytes == Array("aaaaaa".utf8) && folder.names().isEmpty)
        #expect(folder.names("/done") == (after == "move" ? ["a"] : []))
    }

    @Test("it looks until it is cancelled")
    func run() async throws {
        let folder = TestFolder(), intake = ScriptedIntake { _ in .accepted([]) }
        let listener = try listener(folder.path, intake, ["every": .duration(.milliseconds(10))])
        folder.put("a.hl7", Self.hl7("1"))
        let running = Task { try await listener.run() }
        try await eventually { !intake.got.isEmpty }
        running.cancel()
        try await running.value
        #expect(intake.got.count == 1)
    }
}
