import CLibXML2

/// An XML Schema read from files; what it includes and imports is found beside it, never on the network.
// @unchecked: the compiled schema is only read after `init`; libxml2 makes a validation context per call.
package final class XMLSchema: @unchecked Sendable {
    private let schema: OpaquePointer

    /// Compiles the schema in `file`. Blocking: reads files.
    package init(file: String) throws(XMLError) {
        _ = Parser.libraryReady
        guard xmlCheckFilename(file) == 1, let context = xmlSchemaNewParserCtxt(file) else {
            throw XMLError(kind: .schema, text: "schema \(file) cannot be opened")
        }
        defer { xmlSchemaFreeParserCtxt(context) }
        let complaints = Complaints(kind: .schema)
        xmlSchemaSetParserStructuredErrors(context, Complaints.take, Unmanaged.passUnretained(complaints).toOpaque())
        let parsed = withExtendedLifetime(complaints) { xmlSchemaParse(context) }
        guard let parsed else {
            throw complaints.all.first ?? XMLError(kind: .schema, text: "schema \(file) cannot be read")
        }
        schema = parsed
    }

    deinit { xmlSchemaFree(schema) }

    /// What in the document breaks the schema; empty when it is valid. The texts may quote values of the document.
    package func violations(_ document: XMLDocument) -> [XMLError] {
        document.withTree { tree in
            run { xmlSchemaValidateDoc($0, tree.assumingMemoryBound(to: xmlDoc.self)) }
        }
    }

    /// What in this element, taken as a root of its own, breaks the schema.
    package func violations(_ element: XMLElement) -> [XMLError] {
        defer { withExtendedLifetime(element.document) {} }
        return run { xmlSchemaValidateOneElement($0, element.node) }
    }

    private func run(_ validate: (OpaquePointer) -> Int32) -> [XMLError] {
        guard let context = xmlSchemaNewValidCtxt(schema) else { return [XMLError(kind: .schema, text: "out of memory")] }
        defer { xmlSchemaFreeValidCtxt(context) }
        let complaints = Complaints(kind: .invalid)
        xmlSchemaSetValidStructuredErrors(context, Complaints.take, Unmanaged.passUnretained(complaints).toOpaque())
        let code = withExtendedLifetime(complaints) { validate(context) }
        if code != 0, complaints.all.isEmpty { return [XMLError(kind: .invalid, text: "validation failed (\(code))")] }
        return complaints.all
    }
}

/// Collects structured errors of one context.
private final class Complaints {
    private let kind: XMLError.Kind
    private(set) var all: [XMLError] = []

    init(kind: XMLError.Kind) { self.kind = kind }

    static let take: xmlStructuredErrorFunc = { state, error in
        guard let state, let error, error.pointee.level.rawValue >= XML_ERR_ERROR.rawValue else { return }
        let complaints = Unmanaged<Complaints>.fromOpaque(state).takeUnretainedValue()
        if complaints.all.count < 100 { complaints.all.append(XMLError(kind: complaints.kind, error.pointee)) }
    }
}
