import XMLTree

/// The answers of the stand-in, in the shapes of the real one (dossier DMP §5).
enum Answers {
    static let success = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"
    static let failure = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure"
    private static let soap = "http://www.w3.org/2003/05/soap-envelope"
    private static let addressing = "http://www.w3.org/2005/08/addressing"
    private static let rs = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"

    /// `RegistryResponse`, Success without complaints (with a warning if asked), else Failure.
    static func registry(_ complaints: [Complaint], action: String, relatesTo: String, warning: String? = nil) -> [UInt8] {
        envelope(action: action, relatesTo: relatesTo) { w in
            w.open("rs:RegistryResponse", ["xmlns:rs": rs, "status": complaints.isEmpty ? success : failure])
            if !complaints.isEmpty || warning != nil {
                let severity = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:"
                w.open("rs:RegistryErrorList", ["highestSeverity": severity + (complaints.isEmpty ? "Warning" : "Error")])
                for one in complaints { error(&w, one.code, one.text, severity + "Error", one.rule) }
                if let warning { error(&w, warning, "avertissement simulé", severity + "Warning", "") }
                w.close()
            }
            w.close()
        }
    }

    private static func error(_ w: inout XMLWriter, _ code: String, _ text: String, _ severity: String, _ location: String) {
        w.element("rs:RegistryError", ["codeContext": text, "errorCode": code, "location": location, "severity": severity])
    }

    /// `AdhocQueryResponse` with object references only.
    static func references(_ uuids: [String], action: String, relatesTo: String) -> [UInt8] {
        envelope(action: action, relatesTo: relatesTo) { w in
            w.open(
                "query:AdhocQueryResponse",
                [
                    "xmlns:query": "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0", "xmlns": RIMObject.namespace, "status": success, "startIndex": "0",
                    "totalResultCount": String(uuids.count),
                ])
            w.open("RegistryObjectList")
            for uuid in uuids { w.element("ObjectRef", ["id": uuid]) }
            w.close()
            w.close()
        }
    }

    /// A SOAP 1.2 fault with the code as local name of its subcode.
    static func fault(_ complaint: Complaint) -> [UInt8] {
        var sender = true
        if case .fault(let isSender) = complaint.shape { sender = isSender }
        var w = XMLWriter(declaration: true)
        w.open("soap:Envelope", ["xmlns:soap": soap])
        w.open("soap:Body")
        w.open("soap:Fault")
        w.open("soap:Code")
        w.element("soap:Value", text: sender ? "soap:Sender" : "soap:Receiver")
        w.open("soap:Subcode")
        w.element("soap:Value", ["xmlns:dmp": "urn:si-dmp"], text: "dmp:" + complaint.code)
        w.close()
        w.close()
        w.open("soap:Reason")
        w.element("soap:Text", ["xml:lang": "fr"], text: complaint.text)
        w.closeAll()
        return w.bytes
    }

    private static func envelope(action: String, relatesTo: String, _ body: (inout XMLWriter) -> Void) -> [UInt8] {
        var w = XMLWriter(declaration: true)
        w.open("soap:Envelope", ["xmlns:soap": soap])
        w.open("soap:Header", ["xmlns:wsa": addressing])
        w.element("wsa:Action", text: action)
        if !relatesTo.isEmpty { w.element("wsa:RelatesTo", text: relatesTo) }
        w.close()
        w.open("soap:Body")
        body(&w)
        w.closeAll()
        return w.bytes
    }
}
