package import XMLTree

/// A SOAP 1.2 request with WS-Addressing, its header in the order that the national samples use:
/// MessageID, To, ReplyTo, Action, then the security token.
package enum SOAPEnvelope {
    /// The bytes of the envelope. `security` is a complete signed assertion, put in as it is; `body` writes the content of `soap:Body`.
    /// - Parameter messageID: a UUID without prefix.
    package static func bytes(
        action: String, to endpoint: String, messageID: String, security: [UInt8]?, reserve: Int = 32 << 10, body: (inout XMLWriter) -> Void
    ) -> [UInt8] {
        typealias Namespace = XDSScheme.Namespace
        var writer = XMLWriter(reserve: reserve)
        writer.open("soap:Envelope", ["xmlns:soap": Namespace.soap, "xmlns:wsa": Namespace.addressing])
        writer.open("soap:Header")
        writer.element("wsa:MessageID", text: "urn:uuid:\(messageID)")
        writer.element("wsa:To", text: endpoint)
        writer.open("wsa:ReplyTo", ["soap:mustUnderstand": "true"])
        writer.element("wsa:Address", text: "http://www.w3.org/2005/08/addressing/anonymous")
        writer.close()
        writer.element("wsa:Action", ["soap:mustUnderstand": "true"], text: action)
        if let security {
            writer.open("wsse:Security", ["xmlns:wsse": Namespace.security])
            writer.raw(security)
            writer.close()
        }
        writer.close()
        writer.open("soap:Body")
        body(&writer)
        writer.closeAll()
        return writer.bytes
    }
}
