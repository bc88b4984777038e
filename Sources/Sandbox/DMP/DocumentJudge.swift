import HL7v2
import Trust
import XMLTree

/// Judges a document against its own entry: hash, size, and for CDA the header (dossier DMP §8, points 17 and 18).
struct DocumentJudge {
    static let ns: XMLNamespaces = ["h": "urn:hl7-org:v3"]

    let entry: RIMObject
    let bytes: [UInt8]
    let insRoots: [String]

    func judge() -> [Complaint] {
        var complaints: [Complaint] = []
        func expect(_ holds: Bool, _ rule: String, _ text: String, _ found: String = "") {
            if !holds { complaints.append(.metadata(text, rule: "document." + rule, found: found)) }
        }
        expect(!bytes.isEmpty, "empty", "document vide", entry.id)
        if let hash = entry.slot("hash") { expect(hash == Digest.hex(Digest.sha1(bytes)), "hash", "hash (SHA-1 hexadécimal, minuscules)", hash) }
        if let size = entry.slot("size") { expect(size == String(bytes.count), "size", "size", "\(size) ≠ \(bytes.count)") }
        guard entry.element.attribute("mimeType") == "text/xml", !LotSignatureJudge.isSignature(entry) else { return complaints }
        do throws(XMLError) {
            let cda = try XMLDocument(parsing: bytes, limits: XMLLimits(bytes: 128 << 20), eliding: true)
            guard cda.root.name == "ClinicalDocument", cda.root.namespace == "urn:hl7-org:v3" else {
                return complaints + [.registry("XDSInvalidDocument", "le document n'est pas un CDA", rule: "document.root", found: cda.root.name)]
            }
            for (rule, holds, found) in header(cda.root) { expect(holds, "cda." + rule, "la fiche et l'en-tête CDA diffèrent : \(rule)", found) }
        } catch {
            complaints.append(.registry("XDSInvalidDocument", "document XML illisible", rule: "document.xml", found: error.kind.rawValue))
        }
        return complaints
    }

    private func header(_ root: XMLElement) -> [(rule: String, holds: Bool, found: String)] {
        var facts: [(rule: String, holds: Bool, found: String)] = []
        let id = root.string("h:id/@root", Self.ns) ?? ""
        let ext = root.string("h:id/@extension", Self.ns).map { "^" + $0 } ?? ""
        facts.append(("id", entry.identifier(Scheme.unique) == id + ext, id + ext))
        let type = root.string("h:code/@code", Self.ns) ?? ""
        facts.append(("code", entry.codes(Scheme.typeCode).first?.representation == type, type))
        let level = root.string("h:confidentialityCode/@code", Self.ns) ?? ""
        facts.append(("confidentialityCode", entry.codes(Scheme.confidentiality).contains { $0.representation == level }, level))
        let title = root.string("h:title", Self.ns) ?? ""
        facts.append(("title", entry.label == title, ""))
        let ids = root.all("h:recordTarget/h:patientRole/h:id", Self.ns).filter { insRoots.contains($0.attribute("root") ?? "") }
        let patient = entry.identifier(Scheme.patient).flatMap { Formats.ins($0) }
        facts.append(("patient", ids.contains { $0.attribute("extension") == patient?.ins && $0.attribute("root") == patient?.root }, ""))
        let effective = root.string("h:effectiveTime/@value", Self.ns) ?? ""
        facts.append(("effectiveTime", same(effective, entry.slot("creationTime") ?? ""), effective))
        if let language = root.string("h:languageCode/@code", Self.ns) { facts.append(("languageCode", entry.slot("languageCode") == language, language)) }
        return facts
    }

    /// A CDA time and its UTC form in the entry.
    private func same(_ cda: String, _ utc: String) -> Bool {
        guard let a = HL7Time(cda), let b = HL7Time(utc) else { return false }
        guard a.offset != nil, a.precision > .day else { return cda.prefix(8) == utc.prefix(8) }
        return a.milliseconds() / 60_000 == b.milliseconds() / 60_000
    }
}
