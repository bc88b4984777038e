import XMLTree

/// A SOAP request taken apart: transport, addressing, body.
struct Envelope {
    static let ns: XMLNamespaces = [
        "soap": "http://www.w3.org/2003/05/soap-envelope", "wsa": "http://www.w3.org/2005/08/addressing", "x": "urn:ihe:iti:xds-b:2007",
        "lcm": "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0", "q": "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0", "rim": RIMObject.namespace,
        "xop": "http://www.w3.org/2004/08/xop/include",
    ]

    let service: DMPService
    /// The XML part, as received.
    let bytes: ArraySlice<UInt8>
    let document: XMLDocument
    let messageID: String
    /// The one child of `soap:Body`.
    let body: XMLElement
    /// Bytes of each attached document, by the id of its entry.
    let attached: [(id: String, bytes: [UInt8])]

    static func read(_ request: DMPStandIn.Request, _ service: DMPService) throws(Complaint) -> Envelope {
        let type = ContentType(request.contentType)
        if service == .provide {
            guard type.media == "multipart/related" else { throw .mime("Content-Type doit être multipart/related", found: request.contentType) }
            let mime = try Multipart.read(request.body, type)
            return try Envelope(service, request.body[mime.root.body], mime, request.body)
        }
        guard type.media == "application/soap+xml" || type.media == "multipart/related" else {
            throw .soap("Content-Type", rule: "http.contentType", found: request.contentType)
        }
        if type.media == "multipart/related" {
            let mime = try Multipart.read(request.body, type)
            return try Envelope(service, request.body[mime.root.body], mime, request.body)
        }
        return try Envelope(service, request.body[...], nil, request.body)
    }

    private init(_ service: DMPService, _ root: ArraySlice<UInt8>, _ mime: Multipart?, _ whole: [UInt8]) throws(Complaint) {
        self.service = service
        bytes = root
        do { document = try XMLDocument(parsing: Array(root)) } catch {
            throw .soap("XML illisible", rule: "soap.xml", found: "\(error.kind.rawValue) \(error.line):\(error.column)")
        }
        guard document.root.name == "Envelope", document.root.namespace == Self.ns.prefixes["soap"] else {
            throw .soap("SOAP 1.2 est attendu", rule: "soap.version", found: document.root.namespace)
        }
        let action = document.string("soap:Header/wsa:Action", Self.ns) ?? ""
        guard action == service.action else { throw .fault("ActionMismatch", "wsa:Action ne correspond pas au service", rule: "soap.action", found: action) }
        messageID = document.string("soap:Header/wsa:MessageID", Self.ns) ?? ""
        guard messageID.hasPrefix("urn:uuid:") else { throw .soap("wsa:MessageID", rule: "soap.messageID", found: messageID) }
        let children = document.first("soap:Body", Self.ns)?.children ?? []
        let expected = ["ProvideAndRegisterDocumentSetRequest", "AdhocQueryRequest", "SubmitObjectsRequest"][
            [.provide, .query, .update].firstIndex(of: service) ?? 0]
        guard children.count == 1, let body = children.first, body.name == expected else { throw .soap("contenu de Body", rule: "soap.body") }
        self.body = body
        attached = try Self.attachments(body, mime, whole)
    }

    /// Resolves every `xop:Include`; a part that nobody names, or a name without a part, is an error.
    private static func attachments(_ body: XMLElement, _ mime: Multipart?, _ whole: [UInt8]) throws(Complaint) -> [(id: String, bytes: [UInt8])] {
        var found: [(id: String, bytes: [UInt8])] = []
        var used: Set<String> = []
        for document in body.children(named: "Document", namespace: ns.prefixes["x"]) {
            guard document.children.count == 1, let include = document.child("Include", namespace: ns.prefixes["xop"]), let mime,
                let href = include.attribute("href"), href.hasPrefix("cid:")
            else { throw .mime("un xop:Include et rien d'autre est attendu dans Document") }
            let id = unescaped(String(href.dropFirst(4)))
            guard let part = mime.parts.first(where: { $0.contentID == id }), used.insert(id).inserted else {
                throw .mime("pièce absente, ou citée deux fois", found: id)
            }
            found.append((document.attribute("id") ?? "", Array(whole[part.body])))
        }
        if let mime, mime.parts.count != used.count + 1 { throw .mime("pièce que rien ne cite") }
        return found
    }

    private static func unescaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == 0x25, rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The body as a document of its own, without the Include that XOP puts where the schema wants Base64.
    func metadata() -> [UInt8] {
        var bytes = document.serialised(body)
        for include in body.all("x:Document/xop:Include", Self.ns) {
            let name = (include.prefix.isEmpty ? "" : include.prefix + ":") + "Include"
            guard let start = Scan.first(Array("<\(name)".utf8), in: bytes), let tail = Scan.first([0x3E], in: bytes, from: start) else { continue }
            let closing = Array("</\(name)>".utf8)
            let isEmpty = bytes[tail - 1] == 0x2F
            let end = isEmpty ? tail + 1 : (Scan.first(closing, in: bytes, from: tail) ?? tail) + closing.count
            bytes.removeSubrange(start..<end)
        }
        return bytes
    }

    /// `metadata()` parsed again.
    func validatable() throws(Complaint) -> XMLDocument {
        do { return try XMLDocument(parsing: metadata()) } catch { throw .soap("contenu de Body illisible", rule: "soap.body", found: error.text) }
    }
}
