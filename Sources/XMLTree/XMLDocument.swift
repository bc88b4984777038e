import CLibXML2

/// A parsed XML document, never changed after it is parsed.
///
/// Parsing is hardened: no DOCTYPE (hence no entities of its own), no network, no external style sheet, limits on
/// bytes and depth. A UTF-8 byte order mark is tolerated. CDATA sections become text.
// @unchecked: the C tree is written only while `init` runs; afterwards every call here reads it, and libxml2 reads of
// one tree from several threads do not interfere (XPath, C14N and schema contexts are made per call).
package final class XMLDocument: @unchecked Sendable {
    private let tree: UnsafeMutablePointer<xmlDoc>
    /// The bytes that were parsed.
    package let source: [UInt8]
    private let elision: Elision?

    /// Parses `bytes`.
    ///
    /// With `eliding`, Base64 runs of 64 KB and more are not put into the tree: see `XMLElement.elidedRange`.
    package init(parsing bytes: [UInt8], limits: XMLLimits = .standard, eliding: Bool = false) throws(XMLError) {
        guard bytes.count <= limits.bytes else {
            throw XMLError(kind: .tooLarge, text: "document of \(bytes.count) bytes, the limit is \(limits.bytes)")
        }
        let cut = eliding ? Elision(bytes) : nil
        do {
            tree = try Parser.parse(cut?.shortened ?? bytes, depth: limits.depth)
        } catch {
            guard let cut, error.line > 0 else { throw error }
            throw XMLError(kind: error.kind, line: cut.sourceLine(error.line, column: error.column), column: error.column, text: error.text)
        }
        source = bytes
        elision = cut?.withoutText()
    }

    /// Parses UTF-8 text.
    package convenience init(_ text: String, limits: XMLLimits = .standard) throws(XMLError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }

    deinit { xmlFreeDoc(tree) }

    /// The document element.
    package var root: XMLElement { XMLElement(self, xmlDocGetRootElement(tree)) }

    /// The processing instructions beside the root, before and after it, in order: target, and what follows it as written.
    package var instructions: [(target: String, data: String)] {
        var found: [(target: String, data: String)] = []
        var at = tree.pointee.children
        while let node = at {
            if node.pointee.type == XML_PI_NODE {
                let text: (UnsafePointer<xmlChar>?) -> String = { $0.map { String(cString: $0) } ?? "" }
                found.append((text(node.pointee.name), text(node.pointee.content)))
            }
            at = node.pointee.next
        }
        withExtendedLifetime(self) {}
        return found
    }

    /// Byte ranges of `source` that were kept out of the tree, in order.
    package var elidedRanges: [Range<Int>] { elision?.runs.map(\.range) ?? [] }

    /// The libxml2 tree (`xmlDocPtr`) for a C library, valid during `body`.
    ///
    /// Only Trust uses it. A caller that changes the tree must be the only holder of this document.
    package func withTree<R, E: Error>(_ body: (UnsafeMutableRawPointer) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeMutableRawPointer(tree))
    }

    /// The canonical form (Canonical XML 1.0 or Exclusive XML Canonicalization 1.0), handed to `sink` piece by piece.
    ///
    /// `from`: the sub-tree of this element, otherwise the whole document.
    package func canonicalise(
        _ mode: XMLCanonicalisation, comments: Bool, from apex: XMLElement? = nil, inclusivePrefixes: [String] = [],
        into sink: (UnsafeRawBufferPointer) -> Void
    ) throws(XMLError) {
        defer { withExtendedLifetime(self) {} }
        try flow(into: sink) { (output: xmlOutputBufferPtr) in
            let kind = mode == .inclusive ? XML_C14N_1_0 : XML_C14N_EXCLUSIVE_1_0
            let visible: xmlC14NIsVisibleCallback? = apex == nil ? nil : isWithinApex
            return withPrefixes(inclusivePrefixes) { prefixes in
                xmlC14NExecute(tree, visible, apex?.node, Int32(kind.rawValue), prefixes, comments ? 1 : 0, output)
            }
        }
    }

    /// The canonical form as bytes.
    package func canonical(_ mode: XMLCanonicalisation, comments: Bool = false, from apex: XMLElement? = nil) throws(XMLError) -> [UInt8] {
        var bytes: [UInt8] = []
        try canonicalise(mode, comments: comments, from: apex) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// The document, as UTF-8 without an XML declaration; or one element of it as a document of its own, with every
    /// namespace that is in scope there.
    package func serialised(_ element: XMLElement? = nil) -> [UInt8] {
        if let element, element != root { return (try? canonical(.inclusive, comments: true, from: element)) ?? [] }
        var bytes: [UInt8] = []
        // xmlNodeDumpOutput has no failure but memory.
        try? flow(into: { bytes.append(contentsOf: $0) }) { (output: xmlOutputBufferPtr) in
            xmlNodeDumpOutput(output, tree, xmlDocGetRootElement(tree), 0, 0, "UTF-8")
            return 0
        }
        return bytes
    }

    /// Text of the tree with the runs that were kept out of it put back.
    func restored(_ text: String) -> String {
        guard let elision, text.utf8.count >= elision.token.count else { return text }
        var bytes: [UInt8] = []
        var restorer = Restorer(elision, source: source)
        Array(text.utf8).withUnsafeBytes { restorer.feed($0) { bytes.append(contentsOf: $0) } }
        restorer.finish { bytes.append(contentsOf: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The run whose token stands in this text.
    func elided(in text: UnsafeRawBufferPointer) -> Range<Int>? {
        guard let elision, let at = elision.find(in: text, from: 0) else { return nil }
        let number = elision.number(in: text, at: at)
        return number < elision.runs.count ? elision.runs[number].range : nil
    }

    private func flow(
        into sink: (UnsafeRawBufferPointer) -> Void, _ write: (xmlOutputBufferPtr) -> Int32
    ) throws(XMLError) {
        let code = withoutActuallyEscaping(sink) { sink -> Int32 in
            let spout = Spout(sink: sink, restorer: elision.map { Restorer($0, source: source) })
            let target: xmlOutputWriteCallback = { state, bytes, count in
                guard let state, let bytes, count >= 0 else { return -1 }
                Unmanaged<Spout>.fromOpaque(state).takeUnretainedValue().take(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
                return count
            }
            guard let output = xmlOutputBufferCreateIO(target, nil, Unmanaged.passUnretained(spout).toOpaque(), nil) else { return -1 }
            let code = write(output)
            let closed = xmlOutputBufferClose(output)
            spout.finish()
            return code < 0 || closed < 0 ? -1 : 0
        }
        if code < 0 { throw XMLError(kind: .canonical, text: "the document has no canonical form (relative namespace URI?)") }
    }
}

/// Which canonical form.
package enum XMLCanonicalisation: Sendable {
    /// Canonical XML 1.0.
    case inclusive
    /// Exclusive XML Canonicalization 1.0.
    case exclusive
}

/// Carries a sink through libxml2's write callback.
private final class Spout {
    let sink: (UnsafeRawBufferPointer) -> Void
    var restorer: Restorer?

    init(sink: @escaping (UnsafeRawBufferPointer) -> Void, restorer: Restorer?) {
        self.sink = sink
        self.restorer = restorer
    }

    func take(_ bytes: UnsafeRawBufferPointer) {
        if restorer == nil { sink(bytes) } else { restorer?.feed(bytes, into: sink) }
    }

    func finish() { restorer?.finish(into: sink) }
}

/// Visible are the apex and what stands under it.
private func isWithinApex(_ apex: UnsafeMutableRawPointer?, _ node: xmlNodePtr?, _ parent: xmlNodePtr?) -> Int32 {
    guard let node else { return 0 }
    // A namespace is no node of the tree: its own links mean something else, so begin at the element that shows it.
    var at: xmlNodePtr? = node.pointee.type == XML_NAMESPACE_DECL ? parent : node
    while let current = at {
        if UnsafeMutableRawPointer(current) == apex { return 1 }
        at = current.pointee.parent
    }
    return 0
}

private func withPrefixes<R>(_ prefixes: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<xmlChar>?>?) -> R) -> R {
    guard !prefixes.isEmpty else { return body(nil) }
    var list: [UnsafeMutablePointer<xmlChar>?] = prefixes.map { xmlStrdup($0) }
    list.append(nil)
    defer { for case let prefix? in list { prefix.freedByLibXML() } }
    return list.withUnsafeMutableBufferPointer { body($0.baseAddress) }
}
