import HL7v2
import NIOCore
import Pipeline
import Synchronization
import Testing
import Trust

@testable import Connectors

/// A body file that is memory.
private final class MemorySpool: BodySpool {
    private let state = Mutex<(bytes: [UInt8], isDiscarded: Bool)>(([], false))
    let room: Int

    init(room: Int = .max) { self.room = room }

    var bytes: [UInt8] { state.withLock { $0.bytes } }
    var isDiscarded: Bool { state.withLock { $0.isDiscarded } }

    func append(_ bytes: UnsafeRawBufferPointer) throws(JournalError) {
        let full = state.withLock { state in
            state.bytes.append(contentsOf: bytes)
            return state.bytes.count > room
        }
        if full { throw .full }
    }
    func finish() throws(JournalError) -> Body { .bytes(bytes) }
    func discard() { state.withLock { $0.isDiscarded = true } }
}

@Suite struct MLLPSpoolTests {
    private let id = MessageID(Key128(high: 1, low: 1))
    private let now = Instant(milliseconds: 0)

    private func arrive(_ bytes: [UInt8], limit: Int = 50_000_000, _ open: MLLPFrame.Spooling) -> MLLPFrame {
        var frame = MLLPFrame(id: id, started: now)
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + 60_001)
            frame.append(ByteBuffer(bytes: bytes[start..<end]), limit: limit, open: open)
            start = end
        }
        return frame
    }

    @Test("A frame over 1 MB goes to the journal's file while it arrives; its head stays for MSH and PID, its digest is right (design §6)")
    func spools() throws {
        let spool = MemorySpool()
        let bytes = adt("BIG", extra: "NTE|1||" + String(repeating: "A", count: 3_000_000) + "\r")
        var frame = arrive(bytes) { _, _ in spool }
        #expect(spool.bytes == bytes && frame.count == bytes.count && frame.refusal == nil)
        #expect(frame.bytes.count == MLLPFrame.headLength && HL7Message.peek(frame.bytes)?["PID-3"] == "700012")
        #expect(frame.spooledDigest() == Digest.sha256(bytes))
    }

    @Test("A smaller frame, or a journal without files, stays in memory")
    func memory() {
        let small = adt("S")
        let kept = arrive(small) { _, _ in MemorySpool() }
        #expect(kept.bytes == small && kept.spool == nil)
        let large = adt("L", extra: "NTE|1||" + String(repeating: "A", count: 2_000_000) + "\r")
        let whole = arrive(large) { _, _ in nil }
        #expect(whole.bytes == large && whole.spool == nil)
    }

    @Test("A frame over the limit, or one that the journal cannot hold, is thrown away with its file; the header remains for the answer")
    func refused() {
        let bytes = adt("BIG", extra: "NTE|1||" + String(repeating: "A", count: 3_000_000) + "\r")
        let spool = MemorySpool()
        let long = arrive(bytes, limit: 2_000_000) { _, _ in spool }
        #expect(long.isTooLarge && spool.isDiscarded && HL7Message.peek(long.bytes)?["MSH-10"] == "BIG")
        let full = MemorySpool(room: 1_500_000)
        let refused = arrive(bytes) { _, _ in full }
        #expect(full.isDiscarded && HL7Message.peek(refused.bytes)?["MSH-10"] == "BIG")
        guard case .journal(.full)? = refused.refusal else {
            Issue.record("taken")
            return
        }
    }

    @Test("A spooled frame is handed in as its file, with the keys of its head and the digest of its whole")
    func handedIn() {
        let intake = ScriptedIntake()
        let reception = MLLPReception(
            listener: "in", environment: .test, application: "P", engine: .scripted(intake), language: .french)
        let body = Body.file(BodyFile(path: "/nowhere", count: 3_000_000))
        let received = reception.read(head: adt("BIG"), body: body, digest: [1], id: id, at: now, subject: nil)
        #expect(received.acceptance.verdict == nil && received.acceptance.message.digest == [1] && received.content == nil)
        #expect(received.acceptance.message.envelope.controlID == "BIG" && received.acceptance.message.envelope.keys.patient != 0)
        let nothing = reception.read(head: [UInt8](repeating: 0x41, count: 100), body: body, digest: [1], id: id, at: now, subject: nil)
        #expect(nothing.acceptance.verdict?.findings.first?.reason.code == "100")
    }
}
