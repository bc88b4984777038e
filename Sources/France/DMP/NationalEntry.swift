package import Clinical

/// A CDA document's header as XDS metadata ("fiche"), by the national mapping, for the DMP and for XDM archives.
/// Source: CI-SIS, mapping of the CDA header to the document entry; formats of its XDS metadata.
package struct NationalEntry: Sendable {
    /// What of the message goes into the entry beside the document.
    package struct Context: Sendable {
        /// nil: the patient has no qualified INS (a mail may leave then, a lot may not).
        package let ins: INS?
        /// CX of the hospital's own patient identifier: value and OID of its domain.
        package let ipp: CX?
        /// Codes to add to the document's own confidentiality (JDV_J58).
        package let masks: [String]
        /// The offset of times without one.
        package let zone: CDATime.Zone

        /// A context.
        package init(ins: INS?, ipp: CX?, masks: [String], zone: CDATime.Zone = .metropolitanFrance) {
            self.ins = ins
            self.ipp = ipp
            self.masks = masks
            self.zone = zone
        }
    }

    let header: CDAHeader
    let context: Context
    let tables: DMPTables

    /// The mapping of one header.
    package init(_ header: CDAHeader, _ context: Context, _ tables: DMPTables) {
        self.header = header
        self.context = context
        self.tables = tables
    }

    /// The entry, with what the header gives; hash, size and file name are the caller's to add.
    package func entry(id: String) -> DocumentEntry {
        var entry = DocumentEntry(id: id, mimeType: header.mimeType, uniqueID: header.id.text, patientID: context.ins?.xdsForm ?? sourcePatient.text)
        entry.creationTime = header.effectiveTime.utc(assuming: context.zone)
        entry.languageCode = header.language
        entry.legalAuthenticator = header.legalAuthenticator.flatMap { person($0)?.text }
        let act = header.services.first
        entry.serviceStart = act?.low?.utc(assuming: context.zone)
        entry.serviceStop = act?.high?.utc(assuming: context.zone)
        entry.sourcePatientID = sourcePatient.text
        entry.sourcePatientInfo = patientInfo
        entry.title = header.title
        entry.authors = header.authors.map(author)
        entry.classCode = tables.classCode(ofType: header.code.code)
        entry.typeCode = labelled(header.code, tables.types)
        entry.formatCode = tables.formatCode(of: header)
        entry.confidentiality = confidentiality
        entry.facilityType = header.facilityType.map { labelled($0, tables.facilityTypes) }
        entry.practiceSetting = act?.performer?.organisation?.industry.map { labelled($0, tables.practiceSettings) }
        entry.events = events
        return entry
    }

    /// Where the first thing stands that the DMP demands and the header lacks; nil when all is there.
    package static func firstMissing(_ entry: DocumentEntry) -> String? {
        let act = "/ClinicalDocument/documentationOf[1]/serviceEvent"
        let demanded: [(Bool, String)] = [
            (entry.title == nil, "/ClinicalDocument/title"), (entry.languageCode == nil, "/ClinicalDocument/languageCode/@code"),
            (entry.confidentiality.isEmpty, "/ClinicalDocument/confidentialityCode/@code"),
            (entry.authors.isEmpty, "/ClinicalDocument/author/assignedAuthor"),
            (entry.authors.contains { $0.person == nil }, "/ClinicalDocument/author/assignedAuthor/id"),
            (entry.legalAuthenticator == nil, "/ClinicalDocument/legalAuthenticator/assignedEntity"),
            (entry.serviceStart == nil, "\(act)/effectiveTime/low/@value"),
            (entry.facilityType == nil, "/ClinicalDocument/componentOf/encompassingEncounter/location/healthCareFacility/code"),
            (
                entry.practiceSetting == nil,
                "\(act)/performer/assignedEntity/representedOrganization/standardIndustryClassCode"
            ),
        ]
        return demanded.first { $0.0 }?.1
    }

    /// `N` and, for each mask, its code: a mask never stands alone.
    private var confidentiality: [CodedValue] {
        let own = header.confidentiality.map { labelled($0, tables.confidentiality) }
        return [own].compactMap(\.self) + context.masks.compactMap { tables.confidentiality.coded($0) }
    }

    /// The hospital's identifier: of the document, else of the message, else the INS.
    private var sourcePatient: CX {
        let inner = header.patient.ids.first { INSRegister(rawValue: $0.root) == nil && $0.extension != nil }
        if let inner, let value = inner.extension { return CX(value, authority: inner.root, type: "PI") }
        if let ipp = context.ipp { return ipp }
        if let ins = context.ins { return CX(ins.value, authority: ins.oid, type: "NH") }
        let first = header.patient.ids.first
        return CX(first?.extension ?? "", authority: first?.root ?? "", type: "PI")
    }

    private var patientInfo: [String] {
        let name = header.patient.name
        var lines: [String] = []
        if !name.birthFamily.isEmpty { lines.append("PID-5|\(xpn(name.birthFamily, name.birthGiven, "L"))") }
        if let usual = name.usualFamily { lines.append("PID-5|\(xpn(usual, name.usualGiven ?? name.birthGiven, "D"))") }
        if let born = header.patient.birthTime { lines.append("PID-7|\(born.date)") }
        if let gender = header.patient.gender { lines.append("PID-8|\(gender == "M" || gender == "F" ? gender : "U")") }
        return lines
    }

    private func xpn(_ family: String, _ given: String, _ type: String) -> String {
        "\(XDSText.escaped(family))^\(XDSText.escaped(given))^^^^^\(type)"
    }

    private var events: [CodedValue] {
        var seen: Set<String> = []
        return header.services.compactMap(\.code).filter { !$0.scheme.isEmpty && seen.insert("\($0.scheme)|\($0.code)").inserted }
    }

    private func author(_ participant: CDAHeader.Participant) -> Author {
        Author(
            person: person(participant)?.text,
            institutions: participant.organisation.map { [institution($0).text] } ?? [],
            roles: participant.role.map { [XDSText.escaped($0)] } ?? [],
            specialties: participant.specialty.map {
                ["\(XDSText.escaped($0.code))^\(XDSText.escaped($0.label))^\(XDSText.escaped($0.scheme))"]
            } ?? [])
    }

    /// XCN of a person, a device or the patient as author; nil without identifier.
    private func person(_ participant: CDAHeader.Participant) -> XCN? {
        let ids = participant.ids.filter { $0.extension != nil }
        guard let id = ids.first(where: { $0.root == DMPSubmitter.personAuthority }) ?? ids.first, let value = id.extension else { return nil }
        if let device = participant.device {
            return XCN(id: value, family: device.software, given: device.model, authority: id.root, nameType: "U", idType: "RI")
        }
        let isPatient = INSRegister(rawValue: id.root) != nil
        let isNational = id.root == DMPSubmitter.personAuthority && !value.utf8.contains(UInt8(ascii: "/"))
        return XCN(
            id: value, family: participant.name?.professionalFamily ?? "", given: participant.name?.birthGiven ?? "", authority: id.root,
            nameType: "D", idType: isPatient ? "NH" : isNational ? "IDNPS" : "EI")
    }

    private func institution(_ organisation: CDAHeader.Organisation) -> XON {
        let national = organisation.ids.first { $0.root == DMPSubmitter.structureAuthority && $0.extension != nil }
        guard let value = national?.extension else { return XON(name: organisation.name, authority: nil, type: nil, id: nil) }
        return XON(name: organisation.name, authority: DMPSubmitter.structureAuthority, type: "IDNST", id: value)
    }

    /// The code with its own label, else the table's.
    private func labelled(_ code: CodedValue, _ table: CodeTable) -> CodedValue {
        guard code.label.isEmpty || code.scheme.isEmpty, let known = table.coded(code.code) else { return code }
        return CodedValue(
            code.code, scheme: code.scheme.isEmpty ? known.scheme : code.scheme, label: code.label.isEmpty ? known.label : code.label)
    }
}

extension CDAHeader.Name {
    /// A professional's name of practice: the one in use, else the plain one.
    var professionalFamily: String { usualFamily ?? birthFamily }
}
