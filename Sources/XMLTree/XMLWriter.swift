/// Writes well-formed UTF-8 XML into one array of bytes.
///
/// Names are the programmer's and are written as given; text and attribute values are escaped. Characters that XML 1.0
/// forbids (§2.2: most control characters, U+FFFE, U+FFFF) are dropped and noted in `forbidden`, so that the caller
/// decides whether that is an error.
package struct XMLWriter: Sendable {
    /// What has been written so far.
    package private(set) var bytes: [UInt8] = []
    /// How many characters were dropped because XML 1.0 has no way to write them.
    package private(set) var forbidden = 0
    private var names: [String] = []
    private var tagIsOpen = false

    /// An empty writer. With `declaration`, starts with `<?xml version="1.0" encoding="UTF-8"?>`.
    package init(declaration: Bool = false, reserve: Int = 4096) {
        bytes.reserveCapacity(reserve)
        if declaration { bytes += Array(#"<?xml version="1.0" encoding="UTF-8"?>"#.utf8) }
    }

    /// Opens an element; attributes are written in the order given.
    package mutating func open(_ name: String, _ attributes: KeyValuePairs<String, String> = [:]) {
        endTag()
        bytes.append(0x3C)
        bytes += name.utf8
        for (key, value) in attributes { attribute(key, value) }
        names.append(name)
        tagIsOpen = true
    }

    /// Adds an attribute to the element just opened; ignored once something was written inside it.
    package mutating func add(_ name: String, _ value: String) {
        if tagIsOpen { attribute(name, value) }
    }

    /// Writes escaped text.
    package mutating func text(_ text: String) {
        endTag()
        escape(text, inAttribute: false)
    }

    /// Writes a comment; `--` inside becomes `- -`.
    package mutating func comment(_ text: String) {
        endTag()
        bytes += "<!--".utf8
        var last: UInt8 = 0x2D
        for byte in text.utf8 where byte >= 0x20 || byte == 0x0A {
            if byte == 0x2D, last == 0x2D { bytes.append(0x20) }
            bytes.append(byte)
            last = byte
        }
        if last == 0x2D { bytes.append(0x20) }
        bytes += "-->".utf8
    }

    /// Writes bytes as they are: XML made elsewhere that must stay byte for byte, or Base64.
    package mutating func raw(_ more: some Sequence<UInt8>) {
        endTag()
        bytes.append(contentsOf: more)
    }

    /// Closes the innermost open element.
    package mutating func close() {
        guard let name = names.popLast() else { return }
        if tagIsOpen {
            bytes += "/>".utf8
            tagIsOpen = false
            return
        }
        bytes += "</".utf8
        bytes += name.utf8
        bytes.append(0x3E)
    }

    /// Closes every open element.
    package mutating func closeAll() { while !names.isEmpty { close() } }

    /// An element with text, or an empty one.
    package mutating func element(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String? = nil) {
        open(name, attributes)
        if let text, !text.isEmpty { self.text(text) }
        close()
    }

    private mutating func endTag() {
        if tagIsOpen { bytes.append(0x3E) }
        tagIsOpen = false
    }

    private mutating func attribute(_ name: String, _ value: String) {
        bytes.append(0x20)
        bytes += name.utf8
        bytes += "=\"".utf8
        escape(value, inAttribute: true)
        bytes.append(0x22)
    }

    private mutating func escape(_ text: String, inAttribute: Bool) {
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            var i = 0
            func flush(_ bytes: inout [UInt8]) { if i > start { bytes += utf8[start..<i] } }
            while i < utf8.count {
                let byte = utf8[i]
                if byte >= 0x20, byte != 0x26, byte != 0x3C, byte != 0x3E, byte != 0x22, byte != 0xEF {
                    i += 1
                    continue
                }
                let (width, replacement) = XMLWriter.replacement(utf8, i, inAttribute)
                if let replacement {
                    flush(&bytes)
                    bytes += replacement.utf8
                    if replacement.isEmpty { forbidden += 1 }
                    start = i + width
                }
                i += width
            }
            flush(&bytes)
        }
    }

    /// How many bytes the character takes and what stands for it: nil for itself, empty when it is forbidden.
    private static func replacement(_ utf8: UnsafeBufferPointer<UInt8>, _ i: Int, _ inAttribute: Bool) -> (Int, String?) {
        switch utf8[i] {
        case 0x26: (1, "&amp;")
        case 0x3C: (1, "&lt;")
        case 0x3E: (1, "&gt;")
        case 0x22: (1, inAttribute ? "&quot;" : nil)
        // Raw, a parser would make these spaces (in attributes) or one LF (CR): written so that they come back as they were.
        case 0x09: (1, inAttribute ? "&#9;" : nil)
        case 0x0A: (1, inAttribute ? "&#10;" : nil)
        case 0x0D: (1, "&#13;")
        case 0xEF:
            // U+FFFE and U+FFFF
            i + 2 < utf8.count && utf8[i + 1] == 0xBF && utf8[i + 2] >= 0xBE ? (3, "") : (1, nil)
        default: (1, "")
        }
    }
}
