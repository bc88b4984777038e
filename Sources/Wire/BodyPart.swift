import Glibc

/// A piece of what is sent. Pieces go out one after the other and are never joined in memory.
package enum BodyPart: Sendable, Equatable {
    /// Bytes in memory.
    case bytes([UInt8])
    /// A part of bytes in memory, shared with their owner.
    case slice(ArraySlice<UInt8>)
    /// A range of a file, read while it is sent.
    case file(path: String, offset: Int, count: Int)

    /// Its length in bytes.
    package var count: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .slice(let slice): slice.count
        case .file(_, _, let count): count
        }
    }

    /// A piece of text, in UTF-8.
    package static func text(_ text: String) -> BodyPart { .bytes(Array(text.utf8)) }
}

extension [BodyPart] {
    /// The length of all pieces together.
    package var byteCount: Int { reduce(0) { $0 + $1.count } }
}

/// Reads pieces in order into whatever buffer asks. Not shared between threads.
package struct BodyReader: ~Copyable {
    private let parts: [BodyPart]
    private var index = 0
    private var offset = 0
    private var descriptor: Int32 = -1
    /// Bytes given out so far.
    package private(set) var given = 0

    package init(_ parts: [BodyPart]) { self.parts = parts }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Fills the buffer from the pieces. Gives 0 at the end.
    package mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(WireFailure) -> Int {
        while index < parts.count {
            let left = parts[index].count - offset
            if left == 0 {
                next()
                continue
            }
            let wanted = min(left, buffer.count)
            let count: Int
            switch parts[index] {
            case .bytes(let bytes): count = copy(bytes[offset..<offset + wanted], into: buffer)
            case .slice(let slice):
                let start = slice.startIndex + offset
                count = copy(slice[start..<start + wanted], into: buffer)
            case .file(let path, let start, _): count = try readFile(path, at: start + offset, wanted, into: buffer)
            }
            offset += count
            given += count
            return count
        }
        return 0
    }

    private mutating func next() {
        index += 1
        offset = 0
        if descriptor >= 0 {
            close(descriptor)
            descriptor = -1
        }
    }

    private func copy(_ slice: ArraySlice<UInt8>, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        slice.withUnsafeBytes { buffer.copyMemory(from: $0) }
        return slice.count
    }

    private mutating func readFile(_ path: String, at position: Int, _ wanted: Int, into buffer: UnsafeMutableRawBufferPointer) throws(WireFailure) -> Int {
        if descriptor < 0 { descriptor = open(path, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw WireFailure(.requestInvalid, "a body file cannot be opened (errno \(errno))") }
        let count = pread(descriptor, buffer.baseAddress, wanted, off_t(position))
        guard count > 0 else { throw WireFailure(.requestInvalid, "a body file is shorter than it was") }
        return count
    }
}
