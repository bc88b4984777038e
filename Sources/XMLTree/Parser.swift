import CLibXML2

/// One run of libxml2 over untrusted bytes, with every door to the outside shut.
///
/// No network, no external subset, no entity expansion; a DOCTYPE stops the parser at once. Errors come through the
/// handler of this one context, never through a global.
final class Parser {
    private let depth: Int
    private var level = 0
    private var fault: XMLError?

    private init(depth: Int) { self.depth = depth }

    /// A tree that the caller frees with `xmlFreeDoc`.
    static func parse(_ bytes: [UInt8], depth: Int) throws(XMLError) -> UnsafeMutablePointer<xmlDoc> {
        _ = libraryReady
        guard bytes.count < Int(Int32.max) else { throw XMLError(kind: .tooLarge, text: "document of \(bytes.count) bytes") }
        guard let context = xmlNewParserCtxt() else { throw XMLError(kind: .malformed, text: "out of memory") }
        defer { xmlFreeParserCtxt(context) }
        let parser = Parser(depth: depth)
        let tree = withExtendedLifetime(parser) { parser.run(context, bytes) }
        if let fault = parser.fault {
            xmlFreeDoc(tree)
            throw fault
        }
        guard let tree, context.pointee.wellFormed == 1, xmlDocGetRootElement(tree) != nil else {
            xmlFreeDoc(tree)
            throw XMLError(kind: .malformed, text: "no root element")
        }
        return tree
    }

    private func run(_ context: xmlParserCtxtPtr, _ bytes: [UInt8]) -> UnsafeMutablePointer<xmlDoc>? {
        context.pointee._private = Unmanaged.passUnretained(self).toOpaque()
        if let sax = context.pointee.sax {
            sax.pointee.internalSubset = { context, _, _, _ in Parser.of(context)?.refuseDoctype(context) }
            sax.pointee.startElementNs = { context, name, prefix, uri, spaces, declared, attributes, defaulted, values in
                guard Parser.of(context)?.entered(context) ?? false else { return }
                xmlSAX2StartElementNs(context, name, prefix, uri, spaces, declared, attributes, defaulted, values)
            }
            sax.pointee.endElementNs = { context, name, prefix, uri in
                Parser.of(context)?.level -= 1
                xmlSAX2EndElementNs(context, name, prefix, uri)
            }
            sax.pointee.serror = { context, error in
                guard let error else { return }
                Parser.of(context)?.note(error.pointee)
            }
        }
        // HUGE lifts libxml2's own limits (10 MB of text, 256 levels): ours stand in their place.
        let options = XML_PARSE_NONET.rawValue | XML_PARSE_HUGE.rawValue | XML_PARSE_NOCDATA.rawValue | XML_PARSE_COMPACT.rawValue
        return bytes.withUnsafeBytes { raw in
            xmlCtxtReadMemory(context, raw.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(raw.count), nil, nil, Int32(options))
        }
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> Parser? {
        guard let state = context?.assumingMemoryBound(to: xmlParserCtxt.self).pointee._private else { return nil }
        return Unmanaged<Parser>.fromOpaque(state).takeUnretainedValue()
    }

    private func entered(_ context: UnsafeMutableRawPointer?) -> Bool {
        level += 1
        if level > depth { stop(context, .tooDeep, "elements nested deeper than \(depth) levels") }
        return fault == nil
    }

    private func refuseDoctype(_ context: UnsafeMutableRawPointer?) {
        stop(context, .doctype, "a document type declaration (DOCTYPE) is not allowed")
    }

    private func stop(_ context: UnsafeMutableRawPointer?, _ kind: XMLError.Kind, _ text: String) {
        guard let context = context?.assumingMemoryBound(to: xmlParserCtxt.self) else { return }
        let input = context.pointee.input
        if fault == nil {
            fault = XMLError(kind: kind, line: Int(input?.pointee.line ?? 0), column: Int(input?.pointee.col ?? 0), text: text)
        }
        xmlStopParser(context)
    }

    private func note(_ error: xmlError) {
        guard fault == nil, error.level.rawValue >= XML_ERR_ERROR.rawValue else { return }
        fault = XMLError(kind: .malformed, error)
    }

    /// Once for the process: libxml2 prepared, and no loader that may reach the network.
    static let libraryReady: Bool = {
        xmlInitParser()
        // The built-in types of XML Schema are made at first use, without a lock: two threads at once would leave each schema with types that
        // the other's do not derive from, for as long as the process lives.
        xmlSchemaInitTypes()
        xmlSetExternalEntityLoader(xmlNoNetExternalEntityLoader)
        return true
    }()
}

extension XMLError {
    /// What libxml2 says, on one line.
    init(kind: Kind, _ error: xmlError) {
        let message = error.message.map { String(cString: $0) } ?? "error \(error.code)"
        let text = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        self.init(kind: kind, line: Int(error.line), column: Int(error.int2), text: text)
    }
}
