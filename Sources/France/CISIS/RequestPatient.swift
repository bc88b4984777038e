/// One identifier of PID-3, PID-18 or PV1-19 (data type CX).
package struct RequestIdentifier: Sendable, Hashable {
    /// CX-1.
    package let value: String
    /// CX-4.1: name of the authority.
    package let namespace: String
    /// CX-4.2: OID of the authority (or a FINESS beside `M`, `N`).
    package let authority: String
    /// CX-5: `INS`, `PI`, `AN`, `VN`, `NH`…
    package let type: String
    /// The repetition in which it stands, 1 for the first.
    package let repetition: Int
}

/// The patient of a request as its PID segment shows one. Absent parts are empty.
package struct RequestPatient: Sendable, Hashable {
    /// PID-3, every repetition with a value.
    package let identifiers: [RequestIdentifier]
    /// The INS of PID-3 (CX-5 = `INS`); the NIR where a NIA stands beside it. An `NH` or `INS-C` is not one.
    package let ins: INS?
    /// The hospital's own identifier (CX-5 = `PI`), the first.
    package let ipp: RequestIdentifier?
    /// PID-5, repetition of type `L`: birth name. The only repetition when no type is written.
    package let birthName: String
    /// PID-5, repetition of type `D`: name used, empty when none.
    package let usedName: String
    /// XPN-2 of the birth name: first given name.
    package let firstGivenName: String
    /// XPN-3 of the birth name: all birth given names, blanks between.
    package let givenNames: String
    /// PID-7, as written (date first).
    package let birthDate: String
    /// PID-8: `F`, `M`, `U`.
    package let sex: String
    /// COG code of the birth place: XAD-9 of the repetition of PID-11 whose type is `BDL`.
    package let birthPlace: String
    /// PID-32, every repetition (table 0445): `VALI`, `PROV`, `DOUT`…
    package let reliability: [String]
    /// PID-18: account (stay) number, when valued.
    package let account: RequestIdentifier?
    /// PID-31 = `Y`: identity unknown.
    package let isUnknown: Bool
    /// ZFD-4 = `Y`: birth date corrected by the hospital, in which case no INS may be carried.
    package let hasCorrectedBirthDate: Bool

    /// Every INS of PID-3, with the repetition it stands in.
    package var numbers: [(ins: INS, repetition: Int)] {
        identifiers.filter { $0.type.uppercased() == "INS" }.map { (INS(value: $0.value, oid: $0.authority), $0.repetition) }
    }

    /// The day of birth as 8 digits, nil when PID-7 holds less.
    package var birthDay: String? {
        let digits = String(birthDate.prefix(8))
        return digits.utf8.count == 8 && digits.utf8.allSatisfy(\.isDigit) ? digits : nil
    }
}

/// The encounter of a request as its PV1 segment shows it.
package struct RequestVisit: Sendable, Hashable {
    /// PV1-2: `E`, `I`, `O`, `R`, `N`, `V`.
    package let patientClass: String
    /// PV1-19: visit number, when valued.
    package let number: RequestIdentifier?
    /// PV1-44, as written; empty when absent.
    package let start: String
    /// PV1-45, as written; empty when absent.
    package let end: String
}
