/// How much of an archive is read (mssante-xdm.md §5.1).
package struct XDMLimits: Sendable {
    /// Compressed bytes; entries; bytes of one entry and of all, inflated.
    package var archive = 35 << 20, entries = 256, entry = 64 << 20, total = 256 << 20
    /// Inflated bytes for one compressed byte, of an entry above 1 MB, and of the whole archive.
    package var entryRatio = 200, ratio = 100

    package init() {}
}

/// Reads a ZIP archive through its central directory, under limits. Every byte that inflates is counted; nothing is extracted to a path.
struct ZipReader {
    struct Entry {
        let name: String
        let isDirectory: Bool
        let method: UInt16
        let crc: UInt32
        let packed: Range<Int>
        let size: Int
    }

    let bytes: [UInt8]
    let entries: [Entry]

    init(_ bytes: [UInt8], _ limits: XDMLimits) throws(XDMError) {
        self.bytes = bytes
        guard bytes.count <= limits.archive else { throw XDMError(.tooLarge, at: "archive") }
        let end = try Self.end(bytes)
        let count = Int(Self.number(bytes, end + 10, 2))
        let length = Int(Self.number(bytes, end + 12, 4))
        let start = Int(Self.number(bytes, end + 16, 4))
        guard count <= limits.entries, length <= 1 << 20 else { throw XDMError(.tooLarge, at: "central directory") }
        guard start + length == end else { throw XDMError(.damaged, at: "central directory") }
        var entries: [Entry] = []
        var spans: [Range<Int>] = []
        var total = 0
        var offset = start
        for _ in 0..<count {
            let (entry, next, span) = try Self.entry(bytes, at: offset, end: end, directory: start)
            try Self.check(entry, limits)
            total += entry.size
            guard total <= limits.total else { throw XDMError(.tooLarge, at: "inflated bytes") }
            entries.append(entry)
            spans.append(span)
            offset = next
        }
        guard offset == end else { throw XDMError(.damaged, at: "central directory") }
        guard total <= max(1 << 20, bytes.count * limits.ratio) else { throw XDMError(.bomb, at: "archive") }
        spans.sort { $0.lowerBound < $1.lowerBound }
        for (one, next) in zip(spans, spans.dropFirst()) where one.upperBound > next.lowerBound { throw XDMError(.ambiguous, at: "overlapping entries") }
        guard Set(entries.map { $0.name.uppercased() }).count == entries.count else { throw XDMError(.ambiguous, at: "two entries of one name") }
        self.entries = entries
    }

    /// The content of an entry, its CRC verified.
    func content(_ entry: Entry) throws(XDMError) -> [UInt8] {
        let packed = bytes[entry.packed]
        let content = entry.method == 0 ? Array(packed) : try Deflate.inflate(packed, size: entry.size)
        guard content.count == entry.size, Deflate.crc(content) == entry.crc else { throw XDMError(.damaged, at: entry.name) }
        return content
    }

    private static func check(_ entry: Entry, _ limits: XDMLimits) throws(XDMError) {
        guard entry.size <= limits.entry else { throw XDMError(.tooLarge, at: entry.name) }
        if entry.size > 1 << 20, entry.size > entry.packed.count * limits.entryRatio { throw XDMError(.bomb, at: entry.name) }
        guard entry.method == 8 || entry.method == 0 && entry.packed.count == entry.size else {
            throw XDMError(entry.method == 0 ? .damaged : .unsupported, at: entry.name)
        }
    }

    /// The end record: the last one whose comment reaches the end of the file exactly.
    private static func end(_ bytes: [UInt8]) throws(XDMError) -> Int {
        guard bytes.count >= 22 else { throw XDMError(.damaged, at: "archive") }
        for offset in stride(from: bytes.count - 22, through: max(0, bytes.count - 22 - 65_535), by: -1)
        where number(bytes, offset, 4) == 0x0605_4B50 && offset + 22 + Int(number(bytes, offset + 20, 2)) == bytes.count { return offset }
        throw XDMError(.damaged, at: "end record")
    }

    private static func entry(_ bytes: [UInt8], at offset: Int, end: Int, directory: Int) throws(XDMError) -> (Entry, next: Int, span: Range<Int>) {
        guard offset + 46 <= end, number(bytes, offset, 4) == 0x0201_4B50 else { throw XDMError(.damaged, at: "central directory") }
        func field(_ at: Int, _ count: Int) -> Int { Int(number(bytes, offset + at, count)) }
        let nameEnd = offset + 46 + field(28, 2)
        let next = nameEnd + field(30, 2) + field(32, 2)
        guard next <= end else { throw XDMError(.damaged, at: "central directory") }
        let rawName = Array(bytes[(offset + 46)..<nameEnd])
        let name = try checkedName(rawName)
        guard field(8, 2) & 0x2041 == 0 else { throw XDMError(.unsupported, at: name) }  // encrypted, or strongly so
        let attributes = UInt32(field(38, 4))
        let unixType = field(5, 1) == 3 ? attributes >> 28 : 0
        guard [0, 4, 8].contains(unixType) else { throw XDMError(.ambiguous, at: name) }
        let local = field(42, 4)
        guard local + 30 <= directory, number(bytes, local, 4) == 0x0403_4B50 else { throw XDMError(.damaged, at: name) }
        let localName = local + 30
        let data = localName + Int(number(bytes, local + 26, 2)) + Int(number(bytes, local + 28, 2))
        let packed = field(20, 4)
        guard data + packed <= directory else { throw XDMError(.damaged, at: name) }
        guard number(bytes, local + 8, 2) == UInt64(field(10, 2)), Array(bytes[localName..<min(localName + Int(number(bytes, local + 26, 2)), data)]) == rawName
        else { throw XDMError(.ambiguous, at: name) }
        let isDirectory = name.hasSuffix("/")
        let entry = Entry(
            name: name, isDirectory: isDirectory, method: UInt16(field(10, 2)), crc: UInt32(field(16, 4)), packed: data..<(data + packed), size: field(24, 4))
        return (entry, next, local..<(data + packed))
    }

    /// Backslashes become slashes; what is absolute, climbs, or holds a control character is refused.
    private static func checkedName(_ raw: [UInt8]) throws(XDMError) -> String {
        let text = String(decoding: raw.map { $0 == 92 ? 47 : $0 }, as: UTF8.self)
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let isBad = raw.isEmpty || raw.count > 255 || raw.contains { $0 < 32 || $0 == 127 || $0 == 58 } || text.hasPrefix("/") || parts.count > 9
        guard !isBad, !parts.contains(".."), !parts.dropLast().contains("") else { throw XDMError(.badName, at: "entry name") }
        return text
    }

    private static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
    }
}

/// An XDM archive, read: what each submission set holds. Names are matched without case, in whatever directory the sets lie.
package struct ReadXDM: Sendable {
    /// One submission set.
    package struct Subset: Sendable {
        /// Its directory, ending in `/`; empty for the root.
        package let directory: String
        package let metadata: [UInt8]
        /// The other files of the directory by upper-case name, byte for byte.
        package let files: [String: [UInt8]]
    }

    package let subsets: [Subset]

    /// Reads an archive under limits; one without METADATA.XML is refused.
    package init(_ bytes: [UInt8], limits: XDMLimits = XDMLimits()) throws(XDMError) {
        let zip = try ZipReader(bytes, limits)
        let files = zip.entries.filter { !$0.isDirectory && !$0.name.hasPrefix("__MACOSX/") }
        var subsets: [Subset] = []
        for entry in files where entry.name.uppercased().split(separator: "/").last == "METADATA.XML" {
            let directory = String(entry.name.dropLast("METADATA.XML".count))
            guard entry.size <= 8 << 20 else { throw XDMError(.tooLarge, at: entry.name) }
            var others: [String: [UInt8]] = [:]
            for other in files where other.name != entry.name && other.name.hasPrefix(directory) {
                let name = other.name.dropFirst(directory.count)
                if !name.contains("/") { others[name.uppercased()] = try zip.content(other) }
            }
            subsets.append(Subset(directory: directory, metadata: try zip.content(entry), files: others))
        }
        guard !subsets.isEmpty else { throw XDMError(.noMetadata, at: "archive") }
        self.subsets = subsets
    }
}
