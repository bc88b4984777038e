import Glibc
import NIOCore
import Pipeline
import Trust

/// A frame that is arriving: in memory up to 1 MB, then in a file of the journal, so that a large document costs no memory.
struct MLLPFrame {
    /// Why the rest of a frame is thrown away.
    enum Refusal {
        case tooLarge
        case journal(JournalError)
    }

    /// Opens a place for a large body; nil where bodies stay in memory.
    typealias Spooling = (MessageID, Instant) throws(JournalError) -> (any BodySpool)?

    /// What is kept of a spooled frame for its header: MSH and PID stand there.
    static let headLength = 65_536
    /// From here on the frame is spooled.
    static let spoolThreshold = 1_000_000

    let id: MessageID
    let started: Instant
    /// All bytes, or the first ones when spooled or refused.
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0
    private(set) var spool: (any BodySpool)?
    private(set) var refusal: Refusal?
    private var digest: DigestStream?
    private var spools = true

    var isTooLarge: Bool { if case .tooLarge? = refusal { true } else { false } }

    init(id: MessageID, started: Instant) { (self.id, self.started) = (id, started) }

    /// Adds bytes. Beyond `limit`, or when the journal cannot take them, the frame is refused and only counted.
    mutating func append(_ slice: ByteBuffer, limit: Int, open: Spooling) {
        count += slice.readableBytes
        guard refusal == nil else { return }
        guard count <= limit else { return refuse(.tooLarge) }
        do throws(JournalError) {
            if spool == nil {
                bytes.append(contentsOf: slice.readableBytesView)
                if count > MLLPFrame.spoolThreshold, spools { try startSpooling(open) }
            } else {
                try slice.withUnsafeReadableBytes(store).get()
            }
        } catch {
            refuse(.journal(error))
        }
    }

    private mutating func startSpooling(_ open: Spooling) throws(JournalError) {
        spool = try open(id, started)
        guard spool != nil else {
            spools = false
            return
        }
        digest = DigestStream(.sha256)
        try bytes.withUnsafeBytes(store).get()
        bytes.removeSubrange(MLLPFrame.headLength...)
    }

    private func store(_ piece: UnsafeRawBufferPointer) -> Result<Void, JournalError> {
        digest?.update(piece)
        do throws(JournalError) { return .success(try spool?.append(piece) ?? ()) } catch { return .failure(error) }
    }

    private mutating func refuse(_ why: Refusal) {
        refusal = why
        discard()
        if bytes.count > MLLPFrame.headLength { bytes.removeSubrange(MLLPFrame.headLength...) }
    }

    /// The digest of a spooled frame; to be asked once, at its end.
    mutating func spooledDigest() -> [UInt8]? {
        defer { digest = nil }
        return digest?.finish()
    }

    /// Throws away what was spooled: nobody will have it.
    mutating func discard() {
        spool?.discard()
        spool = nil
        digest = nil
    }

    /// The message of a whole frame in memory. A start byte right before `MSH` inside means that an earlier frame was cut: what stands before
    /// it was never whole. Returns the message and whether something was dropped.
    static func lastMessage(_ bytes: [UInt8]) -> (bytes: [UInt8], cut: Bool) {
        let isNested = bytes.withUnsafeBytes { raw in raw.baseAddress.map { memchr($0, Int32(MLLPFraming.start), raw.count) != nil } ?? false }
        guard isNested else { return (bytes, false) }
        var place = bytes.count
        while let start = bytes[..<place].lastIndex(of: MLLPFraming.start) {
            if bytes[(start + 1)...].starts(with: "MSH".utf8) { return ([UInt8](bytes[(start + 1)...]), true) }
            place = start
        }
        return (bytes, false)
    }
}
