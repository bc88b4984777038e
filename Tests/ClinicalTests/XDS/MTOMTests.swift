import Clinical
import Testing

@Suite("MTOM messages")
struct MTOMTests {
    @Test("pieces laid end to end are the sample body, byte for byte")
    func sample() throws {
        let body = try fixture("dmp/td21-http-body.bin")
        let message = MTOMMessage(
            action: XDSScheme.Action.provideAndRegister, boundary: "----=_pfi_boundary_0001", rootID: "root@pfi.example",
            root: try fixture("dmp/td21-root.xml"),
            attachments: [
                MTOMMessage.Attachment(contentID: "document01@pfi.example", contentType: "text/xml", bytes: try fixture("dmp/document01-cda-shell.xml")),
                MTOMMessage.Attachment(
                    contentID: "signature01@pfi.example", contentType: "text/xml", bytes: try fixture("dmp/signature01-xades-sha1.xml")),
            ])
        #expect(message.pieces.flatMap(\.self) == body)
        #expect(message.count == body.count)
        let headers = String(decoding: try fixture("dmp/td21-http-headers.txt"), as: UTF8.self)
        #expect(headers.contains("Content-Type: \(message.contentType)"))
    }

    @Test("the sample body is read back part by part")
    func reading() throws {
        let body = try fixture("dmp/td21-http-body.bin")
        let message = try MultipartRelated(body, contentType: "multipart/related; boundary=\"----=_pfi_boundary_0001\"; start=\"<root@pfi.example>\"")
        #expect(message.parts.count == 3)
        #expect(Array(message.root) == (try fixture("dmp/td21-root.xml")))
        #expect(Array(message.parts[1].content) == (try fixture("dmp/document01-cda-shell.xml")))
        #expect(message.parts[2].headers["content-id"] == "<signature01@pfi.example>")
    }
}
