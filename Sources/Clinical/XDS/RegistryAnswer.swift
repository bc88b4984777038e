import XMLTree

/// One error or warning of a registry response.
package struct RegistryError: Sendable, Hashable {
    /// `XDSRegistryBusy`…
    package let code: String
    /// What the registry says about it; may quote metadata, so it is not for logs.
    package let context: String
    /// Where the registry saw it.
    package let location: String
    /// It does not stand in the way of success.
    package let isWarning: Bool

    /// An error, or a warning.
    package init(code: String, context: String, location: String = "", isWarning: Bool = false) {
        self.code = code
        self.context = context
        self.location = location
        self.isWarning = isWarning
    }
}

/// `rs:RegistryResponse`, or the status part of a query response.
package struct RegistryResponse: Sendable, Hashable {
    /// The last part of the status URN.
    package enum Status: Sendable, Hashable { case success, partial, failure, other(String) }

    /// What the registry says of the whole.
    package let status: Status
    /// Errors first, then warnings, each in the order received.
    package let errors: [RegistryError]

    /// A response.
    package init(status: Status, errors: [RegistryError] = []) {
        self.status = status
        self.errors = errors
    }

    /// The first error that is not a warning.
    package var firstError: RegistryError? { errors.first { !$0.isWarning } }
}

/// A SOAP fault, 1.2 or 1.1.
package struct SOAPFault: Sendable, Hashable {
    /// Local part of the code: `Sender`, `Receiver`, `Client`, `Server`.
    package let code: String
    /// Local part of the innermost subcode; nil when there is none.
    package let subcode: String?
    /// The reason as sent, French first when several languages are given.
    package let reason: String

    /// A fault.
    package init(code: String, subcode: String?, reason: String) {
        self.code = code
        self.subcode = subcode
        self.reason = reason
    }
}

/// What a registry or repository answered.
package enum RegistryAnswer: Sendable, Hashable {
    /// To ITI-41 and ITI-57.
    case registry(RegistryResponse)
    /// To ITI-18: the identifiers of the objects found.
    case query(RegistryResponse, objects: [String])
    case fault(SOAPFault)

    /// Why an answer could not be read.
    package enum Failure: Error, Sendable, Hashable {
        /// It is not XML, or not the multipart it claims to be.
        case unreadable(String)
        /// XML, but neither a response nor a fault.
        case unexpected(root: String)
    }

    /// Reads an HTTP answer's body: plain SOAP, or the root part of a `multipart/related` one. Elements are matched by local name.
    package init(_ body: [UInt8], contentType: String?) throws(Failure) {
        let xml = try RegistryAnswer.root(body, contentType)
        let document: XMLDocument
        do {
            document = try XMLDocument(parsing: xml)
        } catch {
            throw .unreadable("\(error.kind.rawValue) at line \(error.line)")
        }
        guard let found = RegistryAnswer.find(["RegistryResponse", "AdhocQueryResponse", "Fault"], in: document.root, depth: 6) else {
            throw .unexpected(root: document.root.name)
        }
        switch found.name {
        case "Fault": self = .fault(SOAPFault(found))
        case "RegistryResponse": self = .registry(RegistryResponse(found))
        default:
            let list = found.child("RegistryObjectList")?.children ?? []
            let objects = list.filter { $0.name == "ObjectRef" || $0.name == "ExtrinsicObject" }.compactMap { $0.attribute("id") }
            self = .query(RegistryResponse(found), objects: objects)
        }
    }

    private static func root(_ body: [UInt8], _ contentType: String?) throws(Failure) -> [UInt8] {
        guard let contentType, contentType.lowercased().hasPrefix("multipart/") else { return body }
        do {
            let message = try MultipartRelated(body, contentType: contentType)
            return Array(message.root)
        } catch {
            throw .unreadable(error.text)
        }
    }

    private static func find(_ names: Set<String>, in element: XMLElement, depth: Int) -> XMLElement? {
        if names.contains(element.name) { return element }
        guard depth > 0 else { return nil }
        for child in element.children { if let found = find(names, in: child, depth: depth - 1) { return found } }
        return nil
    }
}

extension RegistryResponse {
    init(_ element: XMLElement) {
        let listed = element.child("RegistryErrorList")?.children(named: "RegistryError") ?? []
        let errors = listed.map { error in
            RegistryError(
                code: local(error.attribute("errorCode") ?? ""), context: error.attribute("codeContext") ?? "",
                location: error.attribute("location") ?? "", isWarning: (error.attribute("severity") ?? "").hasSuffix("Warning"))
        }
        let text = element.attribute("status") ?? ""
        status =
            switch text.split(separator: ":").last ?? "" {
            case "Success": .success
            case "PartialSuccess": .partial
            case "Failure": .failure
            default: .other(text)
            }
        self.errors = errors.filter { !$0.isWarning } + errors.filter(\.isWarning)
    }
}

extension SOAPFault {
    init(_ fault: XMLElement) {
        var subcodes: [String] = []
        var at = fault.child("Code")?.child("Subcode")
        while let sub = at, subcodes.count < 8 {
            if let value = sub.child("Value") { subcodes.append(local(value.text)) }
            at = sub.child("Subcode")
        }
        let texts = fault.child("Reason")?.children(named: "Text") ?? []
        let french = texts.first { $0.attribute("lang", namespace: "http://www.w3.org/XML/1998/namespace")?.hasPrefix("fr") == true }
        // SOAP 1.1 has faultcode and faultstring.
        code = local(fault.child("Code")?.child("Value")?.text ?? fault.child("faultcode")?.text ?? "")
        subcode = subcodes.last
        reason = (french ?? texts.first)?.text ?? fault.child("faultstring")?.text ?? ""
    }
}

/// The local part of a QName, or the last part of a URN.
private func local(_ text: String) -> String {
    let trimmed = text.split { $0 == " " || $0 == "\n" || $0 == "\t" || $0 == "\r\n" }.joined()
    return trimmed.split { $0 == ":" || $0 == "#" }.last.map(String.init) ?? trimmed
}
