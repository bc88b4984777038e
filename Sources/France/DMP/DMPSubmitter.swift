package import Clinical

/// What a facility file says of one of its professionals.
package struct ProfessionalRole: Sendable, Hashable {
    /// TRE_G15 code, `10`.
    package let profession: String
    /// TRE_R01 code, `SM26`; mandatory for physicians.
    package let specialty: String?

    /// A role.
    package init(profession: String, specialty: String?) {
        self.profession = profession
        self.specialty = specialty
    }

    /// Its profession in the words of the VIHF. A code that the table lacks is a fault of the configuration: as an automaton the DMP would take
    /// the letter, in nobody's name.
    func role(_ tables: DMPTables) throws(DMPLotError) -> CodedValue {
        guard let found = tables.professions.coded(profession) else { throw Self.unknown("role", "TRE_G15") }
        return found
    }

    /// Its speciality, where it has one.
    func speciality(_ tables: DMPTables) throws(DMPLotError) -> CodedValue? {
        guard let specialty else { return nil }
        guard let found = tables.specialities.coded(specialty) else { throw Self.unknown("specialty", "TRE_R01") }
        return found
    }

    private static func unknown(_ field: String, _ table: String) -> DMPLotError {
        DMPLotError(
            .configuration, at: "professionals.\(field)", french: "professionals, \(field) : code absent de la table \(table)",
            english: "professionals, \(field): code absent from table \(table)")
    }
}

/// Who asks for the publication (PRT with `SB`): the author of the lot and the subject of the VIHF.
package struct DMPSubmitter: Sendable, Hashable {
    /// `NameID` of the VIHF and identifier of the lot's author: PS_IdNat, or `structure/device`.
    package let nameID: String
    /// `subject-id` of the VIHF.
    package let subjectID: String
    /// Struct_IdNat of the care structure.
    package let structure: String
    /// Its name.
    package let structureName: String
    /// As the lot names the author.
    package let xcn: XCN
    /// First role of the VIHF: profession, or automaton.
    package let role: CodedValue
    /// Second role: the speciality.
    package let specialty: CodedValue?
    /// A person that the facility file does not list: sent as an automaton, and to be counted.
    package let isUnlisted: Bool

    /// TRE_A00.
    static let automaton = CodedValue("AUTOMATE", scheme: "1.2.250.1.213.1.1.4.6", label: "Automate")
    static let personAuthority = "1.2.250.1.71.4.2.1"
    static let structureAuthority = "1.2.250.1.71.4.2.2"

    /// Reads the sender of a request.
    ///
    /// - Parameters:
    ///   - facility: Struct_IdNat of the facility, for a sender that names an inner unit or nothing national.
    ///   - professionals: roles by professional identifier, with or without its leading digit.
    ///   - application: name of the sending software, for a device.
    /// Throws what the DMP wants and the request lacks, and a role that the tables lack (`configuration`).
    package init(
        _ party: RequestParty, facility: String, facilityName: String, application: String, professionals: [String: ProfessionalRole],
        tables: DMPTables
    ) throws(DMPLotError) {
        let organisation = party.organisation.flatMap { $0.isInnerUnit || $0.identifier.isEmpty ? nil : $0 }
        structure = organisation?.nationalIdentifier ?? facility
        structureName = organisation?.name ?? facilityName
        guard !structure.isEmpty else { throw .missing("PRT-8.10", .sender) }
        if let person = party.person, !person.identifier.isEmpty {
            nameID = person.nationalIdentifier
            subjectID = [person.family, person.given].filter { !$0.isEmpty }.joined(separator: " ")
            xcn = XCN(
                id: nameID, family: person.family, given: person.given, authority: DMPSubmitter.personAuthority, nameType: "D",
                idType: nameID.utf8.contains(UInt8(ascii: "/")) ? "EI" : "IDNPS")
            let listed = professionals[nameID] ?? professionals[person.identifier] ?? professionals[String(nameID.dropFirst())]
            isUnlisted = listed == nil
            role = try listed.map { (one) throws(DMPLotError) in try one.role(tables) } ?? DMPSubmitter.automaton
            specialty = try listed.flatMap { (one) throws(DMPLotError) in try one.speciality(tables) }
        } else if let device = party.device {
            nameID = device.utf8.contains(UInt8(ascii: "/")) ? device : "\(structure)/\(device)"
            subjectID = [application, device].filter { !$0.isEmpty }.joined(separator: ",")
            xcn = XCN(
                id: nameID, family: application, given: device, authority: DMPSubmitter.personAuthority, nameType: "U", idType: "RI")
            isUnlisted = false
            role = DMPSubmitter.automaton
            specialty = nil
        } else {
            throw .missing("PRT-5", .sender)
        }
    }

    /// XON of the structure.
    package var institution: XON {
        XON(name: structureName, authority: DMPSubmitter.structureAuthority, type: "IDNST", id: structure)
    }

    /// The submitter as `author` of the lot and of its signature.
    package var author: Author {
        var specialties: [String] = []
        if role != DMPSubmitter.automaton {
            // JDV_J01 writes profession and speciality as one code.
            let code = specialty.map { "G15_\(role.code)/\($0.code)" } ?? "G15_\(role.code)"
            let label = specialty.map { "\(role.label) - \($0.label)" } ?? role.label
            specialties = ["\(XDSText.escaped(code))^\(XDSText.escaped(label))^1.2.250.1.213.1.1.4.5"]
        } else if xcn.idType == "RI" {
            specialties = ["\(role.code)^\(role.label)^\(role.scheme)"]
        }
        return Author(person: xcn.text, institutions: [institution.text], specialties: specialties)
    }
}
