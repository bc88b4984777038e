package import Clinical
package import HL7v2

/// A document of a request, opened: its header, or why it cannot be read.
package struct OpenedDocument: Sendable {
    /// The OBX that carries it.
    package let document: RequestDocument
    /// Its CDA header.
    package let header: CDAHeader
    /// Number of bytes once decoded.
    package let count: Int
}

/// The control of a CDA request before it is acknowledged, and what stops a destination after.
///
/// Everything here is pure: the message and the settings decide. What refuses the message (AE) comes from ``findings(message:settings:)``;
/// what stops the DMP or one mail and leaves the rest alone comes from the gates, after AA.
/// Source: volet Transmission de documents CDA-R2 en HL7v2 2.1; the split is the one of the project's design.
package enum RequestControl {
    /// What is wrong with a request. Any error means AE, each with its place (ERR-2), code of HL7 table 0357 and sentence.
    package static func findings(message: HL7Message, settings: ControlSettings) -> [HL7Finding] {
        let request = DocumentRequest(message, compatibility: settings.compatibility)
        return inspect(message: message, request: request, settings: settings).findings
    }

    /// The same, with the documents that could be opened, for callers that go on with them.
    package static func inspect(
        message: HL7Message, request: DocumentRequest, settings: ControlSettings
    ) -> (findings: [HL7Finding], documents: [OpenedDocument]) {
        var found = Findings()
        HeaderControl(message: message, header: request.header, settings: settings).run(&found)
        // A message of another type or version is not read with this grammar.
        guard !found.hasErrors else { return (found.all, []) }
        StructureControl(message: message, request: request, settings: settings).run(&found)
        MetadataControl(message: message, request: request, settings: settings).run(&found)
        CoherenceControl(message: message, request: request).run(&found)
        PartyControl(request: request, settings: settings).run(&found)
        MaskingControl(request: request, settings: settings).run(&found)
        PatientControl(request: request, settings: settings).run(&found)
        var opened: [OpenedDocument] = []
        for document in request.documents {
            if let one = DocumentControl(request: request, document: document, settings: settings).run(&found) { opened.append(one) }
        }
        if opened.count == 2, opened[0].header.id == opened[1].header.id {
            found.error(
                207, opened[1].place, fr: "Les deux documents portent le même identifiant",
                en: "The two documents carry the same identifier")
        }
        return (found.all, opened)
    }
}

extension OpenedDocument {
    /// The place of its content in the message.
    var place: HL7Location { HL7Location("OBX", ordinal: document.ordinal, field: 5, repetition: 1, component: 5) }
}
