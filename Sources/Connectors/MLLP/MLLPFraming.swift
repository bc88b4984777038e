import Glibc
package import NIOCore

/// Minimal Lower Layer Protocol (HL7 v2.5 implementation guide, appendix C): `0x0B` content `0x1C 0x0D`.
///
/// A value type without I/O: takes bytes as they come, in any cut, and says what they are. A lone `0x1C` inside is content; `0x1C 0x0B`
/// ends a frame whose `0x0D` is missing. Bytes between frames are junk; line ends and blanks there are not even that.
package struct MLLPFraming: Sendable {
    /// What the next bytes are.
    package enum Event: Sendable, Equatable {
        /// Bytes outside a frame, that many.
        case junk(Int)
        /// A frame begins.
        case start
        /// Bytes of the frame.
        case content(ByteBuffer)
        /// The frame is whole.
        case end
    }

    private enum State {
        case outside
        case inside
        /// Inside, after a `0x1C`.
        case ending
    }

    /// Begins a frame.
    package static let start: UInt8 = 0x0B
    /// First byte of the end block.
    package static let end: UInt8 = 0x1C
    private static let carriageReturn: UInt8 = 0x0D

    private var state = State.outside

    /// At the beginning of a connection.
    package init() {}

    /// A frame has begun and not ended.
    package var isInside: Bool { state != .outside }

    /// Takes bytes from the front of `buffer` and says what they were; nil when more are needed.
    package mutating func next(_ buffer: inout ByteBuffer) -> Event? {
        while buffer.readableBytes > 0 {
            switch state {
            case .outside: if let event = outside(&buffer) { return event }
            case .inside: if let event = inside(&buffer) { return event }
            case .ending: return ending(&buffer)
            }
        }
        return nil
    }

    private mutating func outside(_ buffer: inout ByteBuffer) -> Event? {
        let length = MLLPFraming.distance(to: MLLPFraming.start, in: buffer) ?? buffer.readableBytes
        if length == 0 {
            buffer.moveReaderIndex(forwardBy: 1)
            state = .inside
            return .start
        }
        let junk = buffer.readableBytesView.prefix(length).count { $0 != 0x0D && $0 != 0x0A && $0 != 0x20 && $0 != 0 }
        buffer.moveReaderIndex(forwardBy: length)
        return junk > 0 ? .junk(junk) : nil
    }

    private mutating func inside(_ buffer: inout ByteBuffer) -> Event? {
        let length = MLLPFraming.distance(to: MLLPFraming.end, in: buffer) ?? buffer.readableBytes
        if length > 0, let slice = buffer.readSlice(length: length) { return .content(slice) }
        buffer.moveReaderIndex(forwardBy: 1)
        state = .ending
        return nil
    }

    private mutating func ending(_ buffer: inout ByteBuffer) -> Event {
        switch buffer.readableBytesView.first {
        case MLLPFraming.carriageReturn:
            buffer.moveReaderIndex(forwardBy: 1)
            state = .outside
            return .end
        case MLLPFraming.start:
            state = .outside
            return .end
        case MLLPFraming.end:
            buffer.moveReaderIndex(forwardBy: 1)
            return .content(ByteBuffer(bytes: [MLLPFraming.end]))
        default:
            state = .inside
            return .content(ByteBuffer(bytes: [MLLPFraming.end]))
        }
    }

    private static func distance(to byte: UInt8, in buffer: ByteBuffer) -> Int? {
        buffer.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress, let found = memchr(base, Int32(byte), bytes.count) else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// A message in its frame.
    package static func frame(_ message: some Collection<UInt8>, allocator: ByteBufferAllocator = ByteBufferAllocator()) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: message.count + 3)
        buffer.writeInteger(start)
        buffer.writeBytes(message)
        buffer.writeBytes([end, carriageReturn])
        return buffer
    }
}
