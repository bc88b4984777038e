package import HL7v2

extension DocumentRequest {
    /// Reads a message as a CDA request. Any message can be read; one that is no request shows no document.
    package init(_ message: HL7Message, compatibility: RequestCompatibility = []) {
        var reading = RequestReading(compatibility: compatibility)
        for segment in message.segments { reading.take(segment) }
        self = reading.finished(header: RequestHeader(message))
    }

    /// Reads a request that its control took, as the control read it: by the present volet where it is complete by it, so that a former name
    /// never counts beside a present one; else it was let in with the tolerances of former versions.
    package init(taken message: HL7Message) {
        let present = DocumentRequest(message)
        let isComplete = present.kind != nil && MetadataCode.allCases.allSatisfy { present.metadata[$0] != nil }
        self = isComplete ? present : DocumentRequest(message, compatibility: .former)
    }
}

extension RequestHeader {
    /// The facts of the MSH segment of `message`.
    package init(_ message: HL7Message) {
        let msh = message.segments("MSH").first
        let text: (Int, Int) -> String = { field, component in msh?.text(field, component) ?? "" }
        // MSH-21 repeats: a sender may name other profiles beside ours, in any order.
        let profile: (Int) -> String = { msh?.text(21, 2, repetition: $0) ?? "" }
        let interface = (1...max(1, msh?.count(21) ?? 0)).first { profile($0).hasPrefix("CISIS_CDA_HL7_V") } ?? 1
        self.init(
            type: text(9, 1), event: text(9, 2), controlID: text(10, 1), sendingApplication: text(3, 1), sendingFacility: text(4, 1),
            receivingApplication: text(5, 1), receivingFacility: text(6, 1), time: text(7, 1), processing: text(11, 1),
            version: text(12, 1), interfaceVersion: msh?.text(21, repetition: interface) ?? "", interfaceProfile: profile(interface),
            interfaceRepetition: interface)
    }
}

/// One pass over the segments: participations hang on the document before them, notes on the metadata before them.
private struct RequestReading {
    let compatibility: RequestCompatibility
    var orderControl: String?
    var orderCode: RequestCode?
    var patient: RequestPatient?
    var hasCorrectedBirthDate = false
    var visit: RequestVisit?
    var transcription: (type: String, id: RequestDocumentID?, replaced: RequestDocumentID?, completion: String)?
    var documents: [PendingDocument] = []
    var metadata: [MetadataCode: [DocumentRequest.MetadataValue]] = [:]
    var professionalBodies: [RequestBody] = []
    var patientBodies: [RequestBody] = []
    var closesExchange = false
    var opposesFeeding = false
    /// What the last OBX was, which says where PRT and NTE belong.
    var place = Place.header

    enum Place {
        case header, document
        case metadata(MetadataCode)
        case other
    }

    struct PendingDocument {
        let segment: Segment
        var senders: [RequestParty] = []
        var recipients: [RequestParty] = []
        var replies: [RequestParty] = []
    }

    init(compatibility: RequestCompatibility) { self.compatibility = compatibility }

    mutating func take(_ segment: Segment) {
        switch segment.name {
        case "PID" where patient == nil: patient = RequestPatient(segment, hasCorrectedBirthDate: false)
        case "PV1" where visit == nil: visit = RequestVisit(segment)
        case "ZFD": hasCorrectedBirthDate = segment.text(4).uppercased() == "Y"
        case "ZFA": opposesFeeding = segment.text(9).uppercased() == "IO"
        case "ORC" where orderControl == nil: orderControl = segment.text(1).uppercased()
        case "OBR" where orderCode == nil: orderCode = segment.code(4)
        case "TXA" where transcription == nil:
            transcription = (segment.text(2), segment.documentID(12), segment.documentID(13), segment.text(17).uppercased())
        case "OBX": observe(segment)
        case "PRT": participate(segment)
        case "NTE":
            if case .metadata(.toPatient) = place, segment.text(4).uppercased() == "FIN" { closesExchange = true }
        default: break
        }
    }

    mutating func observe(_ segment: Segment) {
        let code = segment.text(3)
        if let question = MetadataCode(code, aliases: compatibility.contains(.formerNames)) {
            metadata[question, default: []].append(.init(value: segment.text(5), ordinal: segment.ordinal))
            place = .metadata(question)
        } else if code == "CORPSMAIL_PS" {
            professionalBodies.append(RequestBody(segment))
            place = .other
        } else if code == "CORPSMAIL_PATIENT" {
            patientBodies.append(RequestBody(segment))
            place = .other
        } else if segment.text(2).uppercased() == "ED" {
            documents.append(PendingDocument(segment: segment))
            place = .document
        } else {
            place = .other
        }
    }

    /// A participation belongs to the document before it, even when an OBX of another sort stands between.
    mutating func participate(_ segment: Segment) {
        guard !documents.isEmpty else { return }
        let party = RequestParty(segment)
        switch segment.text(4).uppercased() {
        case "SB": documents[documents.count - 1].senders.append(party)
        case "RCT": documents[documents.count - 1].recipients.append(party)
        case "REPLY": documents[documents.count - 1].replies.append(party)
        default: break
        }
    }

    func finished(header: RequestHeader) -> DocumentRequest {
        DocumentRequest(
            header: header, orderControl: orderControl ?? "", orderCode: orderCode,
            patient: (patient ?? .none).with(correctedBirthDate: hasCorrectedBirthDate), visit: visit,
            transcriptionType: transcription?.type ?? "", documentID: transcription?.id, replacedID: transcription?.replaced,
            completion: transcription?.completion ?? "", documents: documents.map(RequestDocument.init), metadata: metadata,
            professionalBodies: professionalBodies, patientBodies: patientBodies, closesExchange: closesExchange, opposesFeeding: opposesFeeding,
            compatibility: compatibility)
    }
}

extension RequestBody {
    fileprivate init(_ obx: Segment) { self.init(content: obx.bytes(5, 5), repetitions: obx.valued(5), ordinal: obx.ordinal) }
}

extension RequestDocument {
    fileprivate init(_ pending: RequestReading.PendingDocument) {
        let obx = pending.segment
        self.init(
            code: obx.code(3) ?? RequestCode(code: "", label: "", system: ""), dataType: obx.text(5, 2), dataSubtype: obx.text(5, 3),
            encoding: obx.text(5, 4), content: obx.bytes(5, 5) ?? [], repetitions: obx.valued(5), status: obx.text(11).uppercased(), ordinal: obx.ordinal,
            senders: pending.senders, recipients: pending.recipients, replies: pending.replies)
    }
}
