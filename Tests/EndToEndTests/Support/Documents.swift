import Foundation

/// Makes CDA requests of many patients out of the composed example: fresh control ids and document ids, valid INS keys.
struct Documents {
    private let before: String, after: String, cda: String

    init() throws {
        let file = Workspace.root.appendingPathComponent("Tests/Fixtures/messages/oru-initial.hl7")
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        guard let start = text.range(of: "^Base64^"), let end = text.range(of: "|", range: start.upperBound..<text.endIndex),
            let data = Data(base64Encoded: String(text[start.upperBound..<end.lowerBound]))
        else { throw Failure("the example has no document") }
        before = String(text[..<start.upperBound])
        after = String(text[end.lowerBound...])
        cda = String(decoding: data, as: UTF8.self)
    }

    /// The INS of the n-th patient: 13 digits and their key (97 − n mod 97).
    static func ins(_ patient: Int) -> String {
        let body = 2_690_299_109_000 + patient
        let key = 97 - body % 97
        return "\(body)" + (key < 10 ? "0\(key)" : "\(key)")
    }

    /// The OID of the n-th document of a patient.
    static func documentID(_ patient: Int, _ number: Int) -> String { "1.2.250.1.999.7.9.77.\(patient).\(number)" }

    /// An initial request for the DMP alone; `padding` bytes are added to the PDF inside.
    func request(control: String, patient: Int, number: Int, padding: Int = 0, mail: Bool = false) -> [UInt8] {
        func own(_ text: String) -> String {
            text.replacingOccurrences(of: "269029910900215", with: Self.ins(patient)).replacingOccurrences(of: "700012", with: "\(700_000 + patient)")
                .replacingOccurrences(of: "26000451", with: "\(26_000_000 + patient)")
        }
        var document = own(cda).replacingOccurrences(
            of: "<id root=\"1.2.250.1.999.7.9.20260115.1\"/>", with: "<id root=\"\(Self.documentID(patient, number))\"/>")
        if padding > 0 { document = pad(document, padding) }
        var head = own(before).replacingOccurrences(of: "DPI0000001", with: control)
        var tail = own(after)
        if !mail {
            for flag in ["DESTMSSANTEPS", "DESTMSSANTEPAT"] { tail = Self.clear(flag, in: tail) }
        }
        head = head.replacingOccurrences(of: "\n", with: "\r")
        return Array(head.utf8) + Array(Data(document.utf8).base64EncodedData()) + Array(tail.replacingOccurrences(of: "\n", with: "\r").utf8)
    }

    private static func clear(_ flag: String, in text: String) -> String {
        text.split(separator: "\r", omittingEmptySubsequences: false)
            .map { $0.contains("|\(flag)^") ? $0.replacingOccurrences(of: "||Y^^", with: "||N^^") : String($0) }.joined(separator: "\r")
    }

    /// Makes the embedded PDF longer: base64 text of zero bytes in its place keeps the document well-formed.
    private func pad(_ document: String, _ padding: Int) -> String {
        guard let end = document.range(of: "</text>", range: (document.range(of: "<nonXMLBody>")?.upperBound ?? document.startIndex)..<document.endIndex),
            let start = document.range(of: ">", options: .backwards, range: document.startIndex..<end.lowerBound)
        else { return document }
        let pdf = Data(base64Encoded: String(document[start.upperBound..<end.lowerBound]), options: .ignoreUnknownCharacters) ?? Data()
        var state: UInt64 = 88_172_645_463_325_252
        var noise = Data(capacity: padding * 3 / 4)
        while noise.count < padding * 3 / 4 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            withUnsafeBytes(of: state) { noise.append(contentsOf: $0) }
        }
        return document.replacingCharacters(in: start.upperBound..<end.lowerBound, with: (pdf + noise).base64EncodedString())
    }
}
