import HL7v2

/// How the French profiles read a segment: values trimmed, absent parts empty, types of several components at once.
extension Segment {
    /// Component of the first repetition of a field, blanks trimmed; empty when absent. HL7's null (`""`) reads as empty.
    func text(_ field: Int, _ component: Int = 1, sub: Int = 1, repetition: Int = 1) -> String {
        let value = self.value(field: field, rep: repetition - 1, component: component, sub: sub)?.trimmingBlanks() ?? ""
        return value == "\"\"" ? "" : value
    }

    /// Undecoded bytes of a component of the first repetition; nil when absent or empty.
    func bytes(_ field: Int, _ component: Int) -> ArraySlice<UInt8>? {
        raw(field, component: component)
    }

    /// Number of repetitions of a field, 0 when it is absent or empty.
    func count(_ field: Int) -> Int { repetitions(field).count }

    /// Number of repetitions of a field that hold something: a trailing `~` adds none.
    func valued(_ field: Int) -> Int { repetitions(field).count { !$0.raw.isEmpty } }

    /// CE or CWE; nil when it has no code.
    func code(_ field: Int) -> RequestCode? {
        let code = text(field)
        return code.isEmpty ? nil : RequestCode(code: code, label: text(field, 2), system: text(field, 3))
    }

    /// EI; nil when empty.
    func documentID(_ field: Int) -> RequestDocumentID? {
        let id = RequestDocumentID(
            entity: text(field), namespace: text(field, 2), universal: text(field, 3), universalType: text(field, 4))
        return id.entity.isEmpty && id.universal.isEmpty ? nil : id
    }

    /// CX; nil when it has no value.
    func identifier(_ field: Int, repetition: Int = 1) -> RequestIdentifier? {
        let value = text(field, repetition: repetition)
        guard !value.isEmpty else { return nil }
        return RequestIdentifier(
            value: value, namespace: text(field, 4, repetition: repetition), authority: text(field, 4, sub: 2, repetition: repetition),
            type: text(field, 5, repetition: repetition), repetition: repetition)
    }
}

extension RequestPatient {
    /// A patient of whom nothing is said.
    static let none = RequestPatient(
        identifiers: [], ins: nil, ipp: nil, birthName: "", usedName: "", firstGivenName: "", givenNames: "", birthDate: "", sex: "",
        birthPlace: "", reliability: [], account: nil, isUnknown: false, hasCorrectedBirthDate: false)

    /// The same patient, with what ZFD says of the birth date.
    func with(correctedBirthDate: Bool) -> RequestPatient {
        RequestPatient(
            identifiers: identifiers, ins: ins, ipp: ipp, birthName: birthName, usedName: usedName, firstGivenName: firstGivenName,
            givenNames: givenNames, birthDate: birthDate, sex: sex, birthPlace: birthPlace, reliability: reliability, account: account,
            isUnknown: isUnknown, hasCorrectedBirthDate: correctedBirthDate)
    }

    /// What a PID segment says.
    init(_ pid: Segment, hasCorrectedBirthDate: Bool) {
        let identifiers = (1...max(1, pid.count(3))).compactMap { pid.identifier(3, repetition: $0) }
        let numbers = identifiers.filter { $0.type.uppercased() == "INS" }.map { INS(value: $0.value, oid: $0.authority) }
        let names = 1...max(1, pid.count(5))
        let typed: (String) -> Int? = { type in names.first { pid.text(5, 7, repetition: $0).uppercased() == type } }
        let birth = typed("L") ?? (names.count == 1 && pid.text(5, 7).isEmpty ? 1 : nil)
        let place = (1...max(1, pid.count(11))).first { pid.text(11, 7, repetition: $0).uppercased() == "BDL" }
        let name: (Int?, Int) -> String = { repetition, part in repetition.map { pid.text(5, part, repetition: $0) } ?? "" }
        self.init(
            identifiers: identifiers, ins: numbers.first { $0.register != .nia } ?? numbers.first,
            ipp: identifiers.first { $0.type.uppercased() == "PI" }, birthName: name(birth, 1), usedName: name(typed("D"), 1),
            firstGivenName: name(birth, 2), givenNames: name(birth, 3), birthDate: pid.text(7), sex: pid.text(8).uppercased(),
            birthPlace: place.map { pid.text(11, 9, repetition: $0) } ?? "",
            reliability: (1...max(1, pid.count(32))).map { pid.text(32, repetition: $0).uppercased() }.filter { !$0.isEmpty },
            account: pid.identifier(18), isUnknown: pid.text(31).uppercased() == "Y", hasCorrectedBirthDate: hasCorrectedBirthDate)
    }
}

extension RequestVisit {
    /// What a PV1 segment says.
    init(_ pv1: Segment) {
        self.init(patientClass: pv1.text(2).uppercased(), number: pv1.identifier(19), start: pv1.text(44), end: pv1.text(45))
    }
}

extension RequestParty {
    /// What a PRT segment says.
    init(_ prt: Segment) {
        let authority = prt.text(5, 9, sub: 2)
        let person = RequestPerson(
            identifier: prt.text(5), family: prt.text(5, 2), given: prt.text(5, 3), authority: authority.isEmpty ? prt.text(5, 9) : authority,
            identifierType: prt.text(5, 13))
        let organisation = RequestOrganisation(
            name: prt.text(8), identifier: prt.text(8, 10), authority: prt.text(8, 6, sub: 2), identifierType: prt.text(8, 7))
        // PRT-15 repeats: a usual mail address may stand before the MSSanté one, which is the one of type X.400; senders that write no type have one.
        let addresses = (1...max(1, prt.count(15))).filter { !prt.text(15, 4, repetition: $0).isEmpty }
        let chosen = addresses.first { prt.text(15, 3, repetition: $0).uppercased() == "X.400" } ?? addresses.first
        let device = prt.text(10)
        self.init(
            person: person.identifier.isEmpty && person.family.isEmpty ? nil : person,
            organisation: organisation.identifier.isEmpty && organisation.name.isEmpty ? nil : organisation,
            device: device.isEmpty ? nil : device, address: chosen.map { prt.text(15, 4, repetition: $0) }, addressRepetition: chosen ?? 1,
            ordinal: prt.ordinal)
    }
}
