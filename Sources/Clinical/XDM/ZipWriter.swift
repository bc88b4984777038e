import CZip

/// Writes a ZIP archive whose bytes depend on nothing but what is put in: no clock, no extra field, no data descriptor, sizes and CRC-32
/// exact in local and central headers (PKWARE APPNOTE 6.3; the choices are those of IHE ITI-32 readers).
struct ZipWriter {
    private var bytes: [UInt8] = []
    private var central: [UInt8] = []
    private var entries = 0
    private let time: UInt16
    private let date: UInt16

    /// - Parameter stamp: `YYYYMMDDHHMMSS`; what DOS time cannot say becomes the nearest it can (1980 to 2107, even seconds).
    init(stamp: String) {
        let digits = stamp.utf8.compactMap { $0 >= 48 && $0 <= 57 ? Int($0) - 48 : nil } + [Int](repeating: 0, count: 14)
        func number(_ start: Int, _ count: Int) -> Int { digits[start..<start + count].reduce(0) { $0 * 10 + $1 } }
        let year = min(max(number(0, 4), 1980), 2107)
        date = UInt16((year - 1980) << 9 | min(max(number(4, 2), 1), 12) << 5 | min(max(number(6, 2), 1), 31))
        time = UInt16(min(number(8, 2), 23) << 11 | min(number(10, 2), 59) << 5 | min(number(12, 2), 59) / 2)
    }

    mutating func directory(_ name: String) throws(XDMError) { try add(name, stored: [], size: 0, crc: 0, method: 0, attributes: 0x10) }

    mutating func file(_ name: String, _ content: [UInt8]) throws(XDMError) {
        let packed = try Deflate.deflate(content)
        let crc = content.withUnsafeBufferPointer { CZip.crc32_z(0, $0.baseAddress, $0.count) }
        let shrinks = packed.count < content.count
        try add(
            name, stored: shrinks ? packed : content, size: content.count, crc: UInt32(truncatingIfNeeded: crc), method: shrinks ? 8 : 0, attributes: 0x20)
    }

    private mutating func add(_ name: String, stored: [UInt8], size: Int, crc: UInt32, method: UInt16, attributes: UInt32) throws(XDMError) {
        guard entries < 65_535, bytes.count + stored.count < 1 << 31 else { throw XDMError(.tooLarge, at: name) }
        let offset = UInt32(bytes.count)
        var common: [UInt8] = []
        common.little(UInt16(20))  // version needed: deflate, directories
        common.little(UInt16(0))  // flags: no encryption, no descriptor, names in ASCII
        common.little(method)
        common.little(time)
        common.little(date)
        common.little(crc)
        common.little(UInt32(stored.count))
        common.little(UInt32(size))
        common.little(UInt16(name.utf8.count))
        common.little(UInt16(0))  // extra field
        bytes.little(UInt32(0x0403_4B50))
        bytes += common
        bytes += name.utf8
        bytes += stored
        central.little(UInt32(0x0201_4B50))
        central.little(UInt16(0x0014))  // made by: 2.0, FAT
        central += common
        central.little(UInt16(0))  // comment
        central.little(UInt16(0))  // disk
        central.little(UInt16(0))  // internal attributes
        central.little(attributes)
        central.little(offset)
        central += name.utf8
        entries += 1
    }

    /// The archive.
    consuming func finish() -> [UInt8] {
        var result = bytes
        let start = UInt32(result.count)
        result += central
        result.little(UInt32(0x0605_4B50))
        result.little(UInt32(0))
        result.little(UInt16(entries))
        result.little(UInt16(entries))
        result.little(UInt32(central.count))
        result.little(start)
        result.little(UInt16(0))
        return result
    }
}

extension [UInt8] {
    fileprivate mutating func little(_ number: some FixedWidthInteger) {
        for shift in stride(from: 0, to: number.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
}
