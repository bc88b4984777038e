import FoundationEssentials
import Trust
import XMLTree

/// What is written about one request: `dmp/N/`.
struct Record {
    /// `outcome.json`.
    struct Outcome: Codable {
        struct Fault: Codable {
            let code: String
            let text: String
            let rule: String
            let found: String
        }
        struct Document: Codable {
            var id: String?
            var file: String?
            var uniqueId: String
            var entryUUID: String?
            var status: String?
            var mimeType: String?
            var size: Int?
            var sha1: String?
            var sha256: String?

            init(uniqueId: String) { self.uniqueId = uniqueId }
            init(_ entry: Repository.Entry) {
                uniqueId = entry.uniqueID
                entryUUID = entry.entryUUID
                status = entry.status
            }
        }

        let number: Int
        /// Seconds since 1970.
        let receivedAt: Int64
        let path: String
        var action = ""
        /// Subject of the TLS client.
        let client: String?
        var structure: String?
        var patient: String?
        var lot: String?
        /// uniqueId of the first document that is not the signature.
        var document: String?
        /// `status` of the RegistryResponse, sent or not; absent for a fault.
        var status: String?
        /// `stored`, `updated`, `answered` (a query), `refused` (RegistryResponse Failure), `fault`, `injected`.
        var result = ""
        /// Whether an answer left.
        var answered = true
        /// The ordered failure that struck.
        var injected: String?
        var errors: [Fault] = []
        var documents: [Document] = []
        var replaced: [String] = []

        /// Complaints to be answered together.
        var pending: [Complaint] = []

        enum CodingKeys: String, CodingKey {
            case number, receivedAt, path, action, client, structure, patient, lot, document, status, result, answered, injected, errors, documents, replaced
        }

        init(number: Int, receivedAt: Int64, path: String, client: String?) {
            self.number = number
            self.receivedAt = receivedAt
            self.path = path
            self.client = client
        }

        mutating func complain(_ complaint: Complaint) {
            for one in pending.isEmpty ? [complaint] : pending {
                errors.append(Fault(code: one.code, text: one.text, rule: one.rule, found: one.found))
            }
        }
    }

    let service: DMPService
    var outcome: Outcome
    private let body: [UInt8]
    private var files: [(name: String, bytes: ArraySlice<UInt8>)] = []

    init(number: Int, request: DMPStandIn.Request, service: DMPService, time: Int64) {
        self.service = service
        body = request.body
        outcome = Outcome(number: number, receivedAt: time, path: request.path, client: request.client?.subject)
    }

    mutating func add(_ name: String, _ bytes: ArraySlice<UInt8>) { files.append((name, bytes)) }

    /// The whole HTTP body, when it was not looked into.
    mutating func keepBody() { files.append(("body.bin", body[...])) }

    /// The documents as received: `document-1.xml`…, the lot signature as `signature.xml`.
    mutating func add(_ documents: [LotSignatureJudge.Document], _ submission: Submission) {
        outcome.lot = submission.package.identifier(Scheme.lotUnique)
        var number = 0
        for document in documents {
            let isSignature = LotSignatureJudge.isSignature(document.entry)
            if !isSignature { number += 1 }
            let mime = document.entry.element.attribute("mimeType") ?? ""
            let file = isSignature ? "signature.xml" : "document-\(number).\(mime == "application/dicom" ? "dcm" : "xml")"
            files.append((file, document.bytes[...]))
            var line = Outcome.Document(uniqueId: document.entry.identifier(Scheme.unique) ?? "")
            line.id = document.entry.id
            line.file = file
            line.mimeType = mime
            line.size = document.bytes.count
            line.sha1 = Digest.hex(Digest.sha1(document.bytes))
            line.sha256 = Digest.hex(Digest.sha256(document.bytes))
            outcome.documents.append(line)
            if !isSignature, outcome.document == nil { outcome.document = line.uniqueId }
        }
    }

    mutating func stored(_ uuids: [String: String], replaced: [String]) {
        for index in outcome.documents.indices {
            outcome.documents[index].entryUUID = outcome.documents[index].id.flatMap { uuids[$0] }
            outcome.documents[index].status = Status.approved
        }
        outcome.replaced = replaced
    }

    /// Throws the first complaint, all of them to be answered.
    mutating func refuseIfNeeded(_ complaints: [Complaint]) throws(Complaint) {
        guard let first = complaints.first else { return }
        outcome.pending = complaints
        throw first
    }

    func write(to outbox: Outbox) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let json = (try? encoder.encode(outcome)).map { Array($0) } ?? []
        outbox.writeFolder("dmp", outcome.number, files + [("outcome.json", (json + [0x0A])[...])])
    }
}
