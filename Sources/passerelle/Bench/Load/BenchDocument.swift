/// An invented CDA of level 1, as small as the control of a request lets it be.
enum BenchDocument {
    /// The document of a patient: INS and IPP as in PID-3.
    static func cda(ins: String, ipp: String, number: Int) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <ClinicalDocument xmlns="urn:hl7-org:v3"><realmCode code="FR"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>\
        <templateId root="2.16.840.1.113883.2.8.2.1"/><id root="1.2.250.1.999.7.9.66.\(number)"/>\
        <code code="11490-0" displayName="Lettre de liaison" codeSystem="2.16.840.1.113883.6.1"/><title>Lettre de liaison</title>\
        <effectiveTime value="20260115110000+0100"/><confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="fr-FR"/>\
        <recordTarget><patientRole><id root="1.2.250.1.213.1.4.10" extension="\(ins)"/><id root="1.2.250.1.999.7.1" extension="\(ipp)"/><patient>\
        <name><family qualifier="BR">EXEMPLE-ALPHA</family><given>CAMILLE LEONIE</given><given qualifier="BR">CAMILLE</given></name>\
        <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="19690215"/><birthplace><place><addr>\
        <county>99109</county></addr></place></birthplace></patient></patientRole></recordTarget>\
        <author><time value="20260115110000+0100"/><assignedAuthor><id root="1.2.250.1.71.4.2.1" extension="810098765430"/>\
        <code code="G15_10/SM26" displayName="Médecin" codeSystem="1.2.250.1.213.1.1.4.5"/><assignedPerson><name><family>ESSAI-BETA</family>\
        <given>Maxime</given></name></assignedPerson><representedOrganization><id root="1.2.250.1.71.4.2.2" extension="1990000010"/>\
        <name>CH DE DEMONSTRATION</name></representedOrganization></assignedAuthor></author>\
        <custodian><assignedCustodian><representedCustodianOrganization><id root="1.2.250.1.71.4.2.2" extension="1990000010"/>\
        </representedCustodianOrganization></assignedCustodian></custodian>\
        <legalAuthenticator><time value="20260115110000+0100"/><signatureCode code="S"/><assignedEntity>\
        <id root="1.2.250.1.71.4.2.1" extension="810098765430"/><assignedPerson><name><family>ESSAI-BETA</family><given>Maxime</given></name>\
        </assignedPerson></assignedEntity></legalAuthenticator>\
        <documentationOf><serviceEvent><effectiveTime><low value="20260112080000+0100"/></effectiveTime><performer typeCode="PRF"><assignedEntity>\
        <id root="1.2.250.1.71.4.2.1" extension="810098765430"/><representedOrganization><standardIndustryClassCode code="ETABLISSEMENT" \
        codeSystem="1.2.250.1.213.1.1.4.9"/></representedOrganization></assignedEntity></performer></serviceEvent></documentationOf>\
        <componentOf><encompassingEncounter><effectiveTime><low value="20260112080000+0100"/></effectiveTime><location><healthCareFacility>\
        <code code="SA01" codeSystem="1.2.250.1.71.4.2.4"/></healthCareFacility></location></encompassingEncounter></componentOf>\
        <component><nonXMLBody><text mediaType="application/pdf" representation="B64">JVBERi0xLjQKJSVFT0YK</text></nonXMLBody></component>\
        </ClinicalDocument>
        """
    }
}
