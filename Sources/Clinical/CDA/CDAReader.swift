package import XMLTree

extension CDAHeader {
    /// Reads the header of a CDA document, level 1 or 3, bare or within a style sheet ("auto-présentable").
    ///
    /// Large Base64 runs stay out of memory. Throws the first thing that makes the document unusable: see `CDAError`.
    package init(reading bytes: [UInt8], limits: XMLLimits = .huge) throws(CDAError) {
        try self.init(CDAHeader.parse(bytes, limits: limits))
    }

    /// Parses document bytes as a header needs them: no DOCTYPE, no network, large Base64 runs left where they are.
    package static func parse(_ bytes: [UInt8], limits: XMLLimits = .huge) throws(CDAError) -> XMLDocument {
        do {
            return try XMLDocument(parsing: bytes, limits: limits, eliding: true)
        } catch {
            // The parser's own text may quote the document: only the place is told.
            throw CDAError(
                .notXML, at: "\(error.line):\(error.column)",
                french: "le document n'est pas un XML acceptable (\(error.kind.rawValue), ligne \(error.line))",
                english: "the document is not acceptable XML (\(error.kind.rawValue), line \(error.line))")
        }
    }

    /// Reads the header from a parsed document.
    package init(_ document: XMLDocument) throws(CDAError) {
        let root = document.root
        let isBare = root.name == "ClinicalDocument" && root.namespace == CDAReader.namespace
        guard let cda = isBare ? root : CDAReader.find(under: root) else {
            throw CDAError(
                .notCDA, at: "/", french: "aucun ClinicalDocument (urn:hl7-org:v3) dans le document",
                english: "no ClinicalDocument (urn:hl7-org:v3) in the document")
        }
        self = try CDAReader(cda: cda, selfRendering: !isBare).header()
    }
}

/// Walks a `ClinicalDocument`.
struct CDAReader {
    static let namespace = "urn:hl7-org:v3"
    let cda: XMLElement
    let selfRendering: Bool

    static func find(under root: XMLElement, depth: Int = 0) -> XMLElement? {
        guard depth < 16 else { return nil }
        for child in root.children {
            if child.name == "ClinicalDocument", child.namespace == namespace { return child }
            if let found = find(under: child, depth: depth + 1) { return found }
        }
        return nil
    }

    func header() throws(CDAError) -> CDAHeader {
        guard let id = cda.cda("id").flatMap(identifier) else { throw .missing("/ClinicalDocument/id/@root") }
        guard let code = cda.cda("code").flatMap(coded) else { throw .missing("/ClinicalDocument/code/@code") }
        let encounter = cda.cda("componentOf", "encompassingEncounter")
        let period = encounter?.cda("effectiveTime")
        return CDAHeader(
            id: id, setID: cda.cda("setId").flatMap(identifier),
            version: cda.cda("versionNumber")?.attribute("value").flatMap { Int($0) },
            templates: cda.children(named: "templateId", namespace: CDAReader.namespace).compactMap { $0.attribute("root") },
            code: code, title: text(cda.cda("title")), effectiveTime: try effectiveTime(),
            confidentiality: cda.cda("confidentialityCode").flatMap(coded),
            language: filled(cda.cda("languageCode")?.attribute("code")), patient: try patient(),
            authors: cda.children(named: "author", namespace: CDAReader.namespace).compactMap { author($0) },
            custodian: cda.cda("custodian", "assignedCustodian", "representedCustodianOrganization").map(organisation),
            legalAuthenticator: cda.cda("legalAuthenticator").flatMap { authenticator($0) },
            services: cda.children(named: "documentationOf", namespace: CDAReader.namespace)
                .compactMap { $0.cda("serviceEvent").map(service) },
            facilityType: encounter?.cda("location", "healthCareFacility", "code").flatMap(coded),
            encounterLow: time(period?.cda("low")) ?? time(period), encounterHigh: time(period?.cda("high")),
            replaces: cda.children(named: "relatedDocument", namespace: CDAReader.namespace)
                .filter { $0.attribute("typeCode") == "RPLC" }
                .flatMap { $0.cda("parentDocument")?.children(named: "id", namespace: CDAReader.namespace) ?? [] }
                .compactMap(identifier),
            body: body(), selfRendering: selfRendering)
    }

    private func effectiveTime() throws(CDAError) -> CDATime {
        let place = "/ClinicalDocument/effectiveTime/@value"
        guard let text = filled(cda.cda("effectiveTime")?.attribute("value")) else { throw .missing(place) }
        guard let time = CDATime(text) else { throw .malformed(place) }
        return time
    }

    private func patient() throws(CDAError) -> CDAHeader.Patient {
        guard let role = cda.cda("recordTarget", "patientRole") else { throw .missing("/ClinicalDocument/recordTarget/patientRole") }
        let ids = identifiers(role)
        guard !ids.isEmpty else { throw .missing("/ClinicalDocument/recordTarget/patientRole/id") }
        let patient = role.cda("patient")
        return CDAHeader.Patient(
            ids: ids, name: name(patient?.cda("name")) ?? CDAHeader.Name(families: [], givens: []),
            birthTime: time(patient?.cda("birthTime")), gender: filled(patient?.cda("administrativeGenderCode")?.attribute("code")))
    }

    private func author(_ element: XMLElement) -> CDAHeader.Participant? {
        guard let assigned = element.cda("assignedAuthor") else { return nil }
        var found = participant(assigned, organisation: "representedOrganization")
        found.role = filled(element.cda("functionCode")?.attribute("displayName"))
        found.time = time(element.cda("time"))
        return found
    }

    private func authenticator(_ element: XMLElement) -> CDAHeader.Participant? {
        guard let assigned = element.cda("assignedEntity") else { return nil }
        var found = participant(assigned, organisation: "representedOrganization")
        found.time = time(element.cda("time"))
        return found
    }

    private func participant(_ assigned: XMLElement, organisation place: String) -> CDAHeader.Participant {
        let device = assigned.cda("assignedAuthoringDevice").map {
            CDAHeader.Device(
                model: text($0.cda("manufacturerModelName")) ?? "", software: text($0.cda("softwareName")) ?? "")
        }
        return CDAHeader.Participant(
            ids: identifiers(assigned), name: name(assigned.cda("assignedPerson")?.cda("name")), device: device,
            specialty: assigned.cda("code").flatMap(coded), organisation: assigned.cda(place).map(organisation))
    }

    private func service(_ event: XMLElement) -> CDAHeader.Service {
        let period = event.cda("effectiveTime")
        return CDAHeader.Service(
            code: event.cda("code").flatMap(coded), low: time(period?.cda("low")) ?? time(period), high: time(period?.cda("high")),
            performer: event.cda("performer", "assignedEntity").map { participant($0, organisation: "representedOrganization") })
    }

    private func organisation(_ element: XMLElement) -> CDAHeader.Organisation {
        CDAHeader.Organisation(
            name: text(element.cda("name")) ?? "", ids: identifiers(element),
            industry: element.cda("standardIndustryClassCode").flatMap(coded))
    }

    private func name(_ element: XMLElement?) -> CDAHeader.Name? {
        guard let element else { return nil }
        func parts(_ name: String) -> [CDAHeader.Name.Part] {
            element.children(named: name, namespace: CDAReader.namespace).compactMap { part in
                text(part).map { CDAHeader.Name.Part($0, qualifier: filled(part.attribute("qualifier"))) }
            }
        }
        return CDAHeader.Name(families: parts("family"), givens: parts("given"), prefix: text(element.cda("prefix")))
    }

    private func identifiers(_ element: XMLElement) -> [CDAHeader.Identifier] {
        element.children(named: "id", namespace: CDAReader.namespace).compactMap(identifier)
    }

    private func identifier(_ element: XMLElement) -> CDAHeader.Identifier? {
        guard element.attribute("nullFlavor") == nil, let root = filled(element.attribute("root")) else { return nil }
        return CDAHeader.Identifier(root: root, extension: filled(element.attribute("extension")))
    }

    private func coded(_ element: XMLElement) -> CodedValue? {
        guard let code = filled(element.attribute("code")) else { return nil }
        return CodedValue(code, scheme: element.attribute("codeSystem") ?? "", label: element.attribute("displayName") ?? "")
    }

    private func time(_ element: XMLElement?) -> CDATime? { element?.attribute("value").flatMap { CDATime($0) } }

    private func body() -> CDAHeader.Body {
        guard let component = cda.cda("component") else { return .none }
        if component.cda("structuredBody") != nil { return .structured }
        guard let text = component.cda("nonXMLBody")?.cda("text") else { return .none }
        let run = text.elidedRange
        return .embedded(
            CDAHeader.Embedded(
                mediaType: filled(text.attribute("mediaType")) ?? "text/plain", representation: filled(text.attribute("representation")),
                range: run.map { grown($0, in: cda.document.source) }, inline: run == nil ? Array(text.text.utf8) : []))
    }

    /// The whole character data around a large run: as far as the markup on both sides.
    private func grown(_ run: Range<Int>, in source: [UInt8]) -> Range<Int> {
        var low = run.lowerBound
        while low > 0, source[low - 1] != UInt8(ascii: ">"), source[low - 1] != UInt8(ascii: "[") { low -= 1 }
        var high = run.upperBound
        while high < source.count, source[high] != UInt8(ascii: "<"), source[high] != UInt8(ascii: "]") { high += 1 }
        return low..<high
    }

    private func text(_ element: XMLElement?) -> String? {
        guard let element else { return nil }
        // White space of pretty-printed sources is not part of a name or title.
        let words = element.text.split { $0 == " " || $0 == "\n" || $0 == "\t" || $0 == "\r" || $0 == "\r\n" }
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    private func filled(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
}

extension XMLElement {
    /// The first descendant along a path of CDA element names.
    func cda(_ path: String...) -> XMLElement? {
        var at: XMLElement? = self
        for name in path { at = at?.child(name, namespace: CDAReader.namespace) }
        return at
    }
}
