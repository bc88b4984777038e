/// One complaint about an XML document, a schema or an XPath expression.
///
/// `text` names elements and attributes; for a schema violation it may quote a value of the document,
/// so it belongs in a `Sensitive` detail, never in a log.
package struct XMLError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of fault it is, stable for tests and for translation.
    package enum Kind: String, Sendable {
        /// More bytes than the limit allows.
        case tooLarge
        /// A document type declaration: entities, external subsets and default attributes come with it, so it is refused.
        case doctype
        /// Elements nested deeper than the limit allows.
        case tooDeep
        /// Not well-formed XML, or not in the encoding it declares.
        case malformed
        /// Does not follow its schema.
        case invalid
        /// The schema itself cannot be read.
        case schema
        /// The XPath expression cannot be compiled or uses an unknown prefix.
        case xpath
        /// The canonical form cannot be made.
        case canonical
    }

    /// The kind of fault.
    package let kind: Kind
    /// 1-based line in the source, 0 when unknown.
    package let line: Int
    /// 1-based column in the source, 0 when unknown.
    package let column: Int
    /// What is wrong, in English, on one line.
    package let text: String

    /// An error made by hand; the parser makes its own.
    package init(kind: Kind, line: Int = 0, column: Int = 0, text: String) {
        self.kind = kind
        self.line = line
        self.column = column
        self.text = text
    }

    /// `line:column: text`, or the text alone when the place is unknown.
    package var description: String { line > 0 ? "\(line):\(column): \(text)" : text }
}

/// What a parser may be given before it refuses.
package struct XMLLimits: Sendable, Hashable {
    /// Largest source, in bytes.
    package var bytes: Int
    /// Deepest nesting of elements.
    package var depth: Int

    /// Limits chosen by the caller.
    package init(bytes: Int, depth: Int = 256) {
        self.bytes = bytes
        self.depth = depth
    }

    /// 8 MB, 256 levels: messages of protocols.
    package static let standard = XMLLimits(bytes: 8 << 20)
    /// 64 MB, 256 levels: clinical documents that carry a PDF.
    package static let huge = XMLLimits(bytes: 64 << 20)
}

/// Prefixes for XPath expressions.
package struct XMLNamespaces: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// Prefix → namespace URI.
    package let prefixes: [String: String]

    /// Binds each prefix to its namespace URI.
    package init(_ prefixes: [String: String]) { self.prefixes = prefixes }
    /// Binds each prefix to its namespace URI.
    package init(dictionaryLiteral elements: (String, String)...) {
        prefixes = Dictionary(elements) { _, last in last }
    }
    /// No prefix at all.
    package static let none = XMLNamespaces([:])
}
