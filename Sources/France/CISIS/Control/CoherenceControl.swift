import HL7v2

/// Event, ORC-1 and OBX-11 say the same thing, and MODIF_CONF_CODE goes with a replacement.
struct CoherenceControl {
    let message: HL7Message
    let request: DocumentRequest

    private static let rows: [(event: String, order: String, status: String)] = [("T02", "NW", "F"), ("T10", "RO", "C"), ("T04", "CA", "D")]

    func run(_ found: inout Findings) {
        agreement(&found)
        orders(&found)
        if request.documents.count == 2, request.documents[0].status != request.documents[1].status {
            found.error(
                207, HL7Location("OBX", ordinal: request.documents[1].ordinal, field: 11),
                fr: "OBX-11 diffère entre les deux documents", en: "OBX-11 differs between the two documents")
        }
        guard request.says(.confidentialityChange), let kind = request.kind, !kind.replaces,
            let ordinal = request.metadata[.confidentialityChange]?.first?.ordinal
        else { return }
        found.error(
            207, HL7Location("OBX", ordinal: ordinal, field: 5), fr: "MODIF_CONF_CODE=Y n'accompagne qu'un remplacement",
            en: "MODIF_CONF_CODE=Y only goes with a replacement")
    }

    /// An ORU may hold several ORC; the request is one, so each says what the first says.
    private func orders(_ found: inout Findings) {
        for order in message.segments("ORC").dropFirst() where order.text(1).uppercased() != request.orderControl {
            found.error(
                207, HL7Location("ORC", ordinal: order.ordinal, field: 1), fr: "ORC-1 contredit le premier ORC", en: "ORC-1 contradicts the first ORC")
        }
    }

    /// Values outside their tables are named by the structure control; only known codes are compared, and told.
    private func agreement(_ found: inout Findings) {
        let isMDM = request.header.type == "MDM"
        let order = CoherenceControl.rows.first { $0.order == request.orderControl }
        let event = isMDM ? CoherenceControl.rows.first { $0.event == request.header.event } : nil
        for document in request.documents {
            guard let status = CoherenceControl.rows.first(where: { $0.status == document.status }) else { continue }
            let agrees = (order.map { $0.status == status.status } ?? true) && (event.map { $0.status == status.status } ?? true)
            guard !agrees else { continue }
            let values = "\(request.header.event), ORC-1=\(order?.order ?? "?"), OBX-11=\(document.status)"
            found.error(
                207, HL7Location("ORC", field: 1), fr: "Événement, ORC-1 et OBX-11 se contredisent (\(values))",
                en: "Event, ORC-1 and OBX-11 contradict each other (\(values))")
            return
        }
    }
}
