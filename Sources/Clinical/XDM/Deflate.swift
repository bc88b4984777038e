import CZip

/// Raw deflate (RFC 1951) by zlib, in memory.
enum Deflate {
    static func deflate(_ content: [UInt8]) throws(XDMError) -> [UInt8] {
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        guard deflateInit2_(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK, content.count < 1 << 31 else {
            throw XDMError(.tooLarge, at: "deflate")
        }
        defer { deflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(content.count))))
        var input = content
        let result = input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(target.count)
                return CZip.deflate(&stream, Z_FINISH)
            }
        }
        guard result == Z_STREAM_END else { throw XDMError(.tooLarge, at: "deflate") }
        output.removeLast(output.count - Int(stream.total_out))
        return output
    }

    /// Inflates what must become exactly `size` bytes; it stops at the first byte beyond, whatever the stream promises.
    static func inflate(_ packed: ArraySlice<UInt8>, size: Int) throws(XDMError) -> [UInt8] {
        var stream = z_stream()
        guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { throw XDMError(.damaged, at: "inflate") }
        defer { inflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: size + 1)
        var input = Array(packed)
        let result = input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(target.count)
                return CZip.inflate(&stream, Z_FINISH)
            }
        }
        guard result == Z_STREAM_END, Int(stream.total_out) == size, stream.avail_in == 0 else { throw XDMError(.damaged, at: "inflate") }
        output.removeLast()
        return output
    }

    static func crc(_ content: [UInt8]) -> UInt32 {
        UInt32(truncatingIfNeeded: content.withUnsafeBufferPointer { CZip.crc32_z(0, $0.baseAddress, $0.count) })
    }
}
