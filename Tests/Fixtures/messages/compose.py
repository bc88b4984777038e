#!/usr/bin/env python3
"""Composes the example messages of this folder: CDA requests (volet Transmission de documents CDA-R2 en HL7v2, 2.1)
around invented documents of invented people. Run it in this folder to write them again; the files must not change:

    python3 compose.py            writes every example here
    python3 compose.py --list     names them
    python3 compose.py --out DIR --only oru-initial --control-id X1 --recipient a@b.mssante.example

Segments end with CR. All names, identifiers and places are fictitious; check digits are right.
"""
import argparse
import base64
import os

# --- People and places -------------------------------------------------------------------------------------------------

INS_TEST = "1.2.250.1.213.1.4.10"
IPP, NDA, DOCUMENTS = "1.2.250.1.999.7.1", "1.2.250.1.999.7.2", "1.2.250.1.999.7.9"


def patient(ins, family, given, birth, sex, cog, ipp, stay, oid=INS_TEST):
    return dict(ins=ins, family=family, given=given, birth=birth, sex=sex, cog=cog, ipp=ipp, stay=stay, oid=oid)


ALPHA = patient("269029910900215", "EXEMPLE-ALPHA", "CAMILLE LEONIE", "19690215", "F", "99109", "700012", "26000451")
DELTA = patient("185029910900158", "EXEMPLE-DELTA", "HUGO", "19850214", "M", "99109", "700013", "26000452")
ETA = patient("269039910900231", "EXEMPLE-ETA", "ROSE MARIE", "19690321", "F", "99109", "700014", "26000453")
THETA = patient("155089999900147", "EXEMPLE-THETA", "ANDRE", "19550809", "M", "99999", "700015", "26000454")

SENDER = ("810098765430", "ESSAI-BETA", "Maxime")
HOSPITAL = ("1990000010", "CH DE DEMONSTRATION")
DOCTOR = dict(id="899700099999", family="FICTIF-GAMMA", given="Anne", address="anne.fictif-gamma@essai.mssante.example")
REPLY = "secretariat.demo@essai.mssante.example"

LETTER = ("11490-0", "Lettre de liaison à la sortie d'un établissement de soins", "1.2.250.1.213.1.1.1.29")
IMAGING = ("18748-4", "CR d'imagerie médicale", None)
BIOLOGY = ("11502-2", "CR d'examens biologiques", None)

# --- The document ------------------------------------------------------------------------------------------------------


def pdf(title):
    """A PDF 1.4 of one page with one line, the smallest that readers open."""
    text = title.encode("latin-1", "replace").replace(b"(", b"\\(").replace(b")", b"\\)")
    stream = b"BT /F1 16 Tf 60 760 Td (" + text + b") Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)


def xml(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def cda(kind, who, number, replaces=None, level=3, time="20260115093000+0100", version=1, prolog="", size=0):
    """A CDA R2 document. `size`: bytes of padding within the PDF of a level 1, to make a large one."""
    code, label, template = kind
    system = "2.16.840.1.113883.6.1"
    first = who["given"].split()[0]
    parent = ""
    if replaces:
        parent = f"""
  <relatedDocument typeCode="RPLC">
    <parentDocument><id root="{DOCUMENTS}.{replaces}"/></parentDocument>
  </relatedDocument>"""
    if level == 1:
        content = pdf(f"{label} - {who['family']} {first}") + b"%" * size
        body = f"""<nonXMLBody>
      <text mediaType="application/pdf" representation="B64">{base64.b64encode(content).decode()}</text>
    </nonXMLBody>"""
    else:
        body = f"""<structuredBody>
      <component>
        <section>
          <code code="11493-4" codeSystem="{system}" displayName="Synthèse du séjour"/>
          <title>Synthèse du séjour</title>
          <text>
            <paragraph>Document d'exemple : le séjour s'est déroulé sans incident.</paragraph>
            <table>
              <thead><tr><th>Mesure</th><th>Valeur</th></tr></thead>
              <tbody><tr><td>Température</td><td>37,1 °C</td></tr></tbody>
            </table>
          </text>
        </section>
      </component>
      <component>
        <section>
          <title>Traitement de sortie</title>
          <text><list><item>Paracétamol 1 g si douleur</item><item>Contrôle à un mois</item></list></text>
        </section>
      </component>
    </structuredBody>"""
    templates = ['<templateId root="2.16.840.1.113883.2.8.2.1"/>', '<templateId root="1.2.250.1.213.1.1.1.1"/>']
    if level == 3 and template:
        templates.append(f'<templateId root="{template}" extension="2022.01"/>')
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
{prolog}<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <realmCode code="FR"/>
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  {(chr(10) + '  ').join(templates)}
  <id root="{DOCUMENTS}.{number}"/>
  <code code="{code}" codeSystem="{system}" displayName="{xml(label)}" codeSystemName="LOINC"/>
  <title>{xml(label)}</title>
  <effectiveTime value="{time}"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25" displayName="Normal"/>
  <languageCode code="fr-FR"/>
  <setId root="{DOCUMENTS}.{number.split('.')[0]}.100"/>
  <versionNumber value="{version}"/>
  <recordTarget>
    <patientRole>
      <id extension="{who['ins']}" root="{who['oid']}"/>
      <id extension="{who['ipp']}" root="{IPP}"/>
      <addr><streetAddressLine>3 RUE DU MODELE</streetAddressLine><postalCode>99000</postalCode><city>VILLE-TEST</city></addr>
      <telecom nullFlavor="UNK"/>
      <patient>
        <name>
          <family qualifier="BR">{who['family']}</family>
          <given>{who['given']}</given>
          <given qualifier="BR">{first}</given>
        </name>
        <administrativeGenderCode code="{who['sex']}" codeSystem="2.16.840.1.113883.5.1"/>
        <birthTime value="{who['birth']}"/>
        <birthplace><place><addr><county>{who['cog']}</county></addr></place></birthplace>
      </patient>
    </patientRole>
  </recordTarget>
  <author>
    <functionCode code="ATTPHYS" codeSystem="2.16.840.1.113883.5.88" displayName="Médecin responsable du patient"/>
    <time value="{time}"/>
    <assignedAuthor>
      <id root="1.2.250.1.71.4.2.1" extension="{SENDER[0]}"/>
      <code code="G15_10/SM26" codeSystem="1.2.250.1.213.1.1.4.5" displayName="Médecin - Médecine générale (SM)"/>
      <addr nullFlavor="NAV"/>
      <telecom nullFlavor="UNK"/>
      <assignedPerson><name><prefix>DR</prefix><given>{SENDER[2]}</given><family>{SENDER[1]}</family></name></assignedPerson>
      <representedOrganization>
        <id root="1.2.250.1.71.4.2.2" extension="{HOSPITAL[0]}"/>
        <name>{HOSPITAL[1]}</name>
      </representedOrganization>
    </assignedAuthor>
  </author>
  <custodian>
    <assignedCustodian>
      <representedCustodianOrganization>
        <id root="1.2.250.1.71.4.2.2" extension="{HOSPITAL[0]}"/>
        <name>{HOSPITAL[1]}</name>
      </representedCustodianOrganization>
    </assignedCustodian>
  </custodian>
  <legalAuthenticator>
    <time value="{time}"/>
    <signatureCode code="S"/>
    <assignedEntity>
      <id root="1.2.250.1.71.4.2.1" extension="{SENDER[0]}"/>
      <code code="G15_10/SM26" codeSystem="1.2.250.1.213.1.1.4.5" displayName="Médecin - Médecine générale (SM)"/>
      <assignedPerson><name><prefix>DR</prefix><given>{SENDER[2]}</given><family>{SENDER[1]}</family></name></assignedPerson>
      <representedOrganization>
        <id root="1.2.250.1.71.4.2.2" extension="{HOSPITAL[0]}"/>
        <name>{HOSPITAL[1]}</name>
      </representedOrganization>
    </assignedEntity>
  </legalAuthenticator>
  <documentationOf>
    <serviceEvent>
      <code code="IMP" codeSystem="1.2.250.1.213.1.1.4.2.291" displayName="Hospitalisation"/>
      <effectiveTime><low value="20260112080000+0100"/><high value="20260115090000+0100"/></effectiveTime>
      <performer typeCode="PRF">
        <assignedEntity>
          <id root="1.2.250.1.71.4.2.1" extension="{SENDER[0]}"/>
          <assignedPerson><name><prefix>DR</prefix><given>{SENDER[2]}</given><family>{SENDER[1]}</family></name></assignedPerson>
          <representedOrganization>
            <id root="1.2.250.1.71.4.2.2" extension="{HOSPITAL[0]}"/>
            <name>{HOSPITAL[1]}</name>
            <standardIndustryClassCode code="ETABLISSEMENT" codeSystem="1.2.250.1.213.1.1.4.9" displayName="Etablissement de santé"/>
          </representedOrganization>
        </assignedEntity>
      </performer>
    </serviceEvent>
  </documentationOf>{parent}
  <componentOf>
    <encompassingEncounter>
      <id root="{NDA}" extension="{who['stay']}"/>
      <code code="IMP" codeSystem="2.16.840.1.113883.5.4" displayName="Hospitalisation"/>
      <effectiveTime><low value="20260112080000+0100"/><high value="20260115090000+0100"/></effectiveTime>
      <location>
        <healthCareFacility>
          <code code="SA01" codeSystem="1.2.250.1.71.4.2.4" displayName="Etablissement public de santé"/>
        </healthCareFacility>
      </location>
    </encompassingEncounter>
  </componentOf>
  <component>
    {body}
  </component>
</ClinicalDocument>
"""
    return text.encode()


# --- The message -------------------------------------------------------------------------------------------------------

FLAGS = [
    ("MASQUE_PS", "Masqué aux professionnels de Santé"),
    ("INVISIBLE_PATIENT", "Document Non Visible par le patient"),
    ("INVISIBLE_REP_LEGAUX", "Non visible par les représentants Légaux du patient"),
    ("CONNEXION_SECRETE", "Connexion Secrete"),
    ("MODIF_CONF_CODE", "Modification Confidentiality Code"),
    ("DESTDMP", "Destinataire DMP"),
    ("DESTMSSANTEPS", "Destinataire (Professionnel de Santé, organisation ou BAL applicative)"),
    ("DESTMSSANTEPAT", "Destinataire Patient"),
    ("ACK_RECEPTION", "Accusé de réception"),
    ("ACK_LECTURE_MSS", "Accusé de lecture"),
]
EVENTS = {"initial": ("T02", "NW", "F"), "replacement": ("T10", "RO", "C"), "deletion": ("T04", "CA", "D")}


def esc(text):
    return text.replace("\\", "\\E\\").replace("|", "\\F\\").replace("^", "\\S\\").replace("&", "\\T\\").replace("~", "\\R\\")


def person(identifier, family, given, oid="1.2.250.1.71.4.2.1", name="ASIP-SANTE-PS", kind="D", idtype="IDNPS"):
    return f"{identifier}^{esc(family)}^{esc(given)}^^^^^^{name}&{oid}&ISO^{kind}^^^{idtype}"


def message(form, what, who, kind, documents, control_id, yes, recipients=(), to_patient=None, number="", replaced="", status="VALI",
            charset="UNICODE UTF-8", time="20260115103012", body_ps=None, body_patient=None, fin=False, raw=None, reply=REPLY):
    """One request. `form`: ORU or MDM. `yes`: the flags at Y. `raw`: replaces the Base64 of the first document."""
    event, order, obx11 = EVENTS[what]
    is_mdm = form == "MDM"
    coded = f"{kind[0]}^{esc(kind[1])}^LN"
    type9 = f"MDM^{event}^MDM_T02" if is_mdm else "ORU^R01^ORU_R01"
    lines = [f"MSH|^~\\&|DPI-DEMO|CH-DEMO|PFI-DEMO|CH-DEMO|{time}||{type9}|{control_id}|P|{'2.6' if is_mdm else '2.5'}"
             f"|||||FRA|{charset}|||2.1^CISIS_CDA_HL7_V2"]
    if is_mdm:
        lines.append(f"EVN||{time}")
    given = who["given"].split()[0]
    ids = [f"{who['ins']}^^^ASIP-SANTE-INS-NIR&{who['oid']}&ISO^INS"] if who["ins"] else []
    ids.append(f"{who['ipp']}^^^CH-DEMO&{IPP}&ISO^PI")
    lines.append("PID|1||" + "~".join(ids) + f"||{who['family']}^{given}^{who['given']}^^^^L||{who['birth']}|{who['sex']}|||"
                 f"3 RUE DU MODELE^^VILLE-TEST^^99000^FRA^H~^^^^^^BDL^^{who['cog']}|||||||{who['stay']}^^^CH-DEMO&{NDA}&ISO^AN"
                 f"||||||||||||||{status}")
    lines.append(f"PV1|1|I|||||||||||||||||{who['stay']}-1^^^CH-DEMO&{NDA}&ISO^VN|||||||||||||||||||||||||20260112080000")
    lines.append(f"ORC|{order}")
    lines.append(f"OBR|1|||{coded}")
    if is_mdm:
        lines.append(f"TXA|1|{kind[0]}|TEXT|{time}||||||||{DOCUMENTS}.{number}|{replaced and DOCUMENTS + '.' + replaced}||||AU")
    text = "text" if is_mdm else "TEXT"
    position = 0
    for index, document in enumerate(documents):
        position += 1
        content = raw if raw is not None and index == 0 else base64.b64encode(document).decode()
        lines.append(f"OBX|{position}|ED|{coded}||^{text}^XML^Base64^{content}||||||{obx11}")
        if index:
            continue
        lines.append(f"PRT||UC||SB^Send by^participation|{person(*SENDER)}|||{HOSPITAL[1]}^^^^^ASIP-SANTE-ST&1.2.250.1.71.4.2.2&ISO^IDNST^^^{HOSPITAL[0]}")
        for one in recipients:
            lines.append(f"PRT||UC||RCT^Result Copies To^participation|{person(one['id'], one['family'], one['given'])}||||||||||^^X.400^{one['address']}")
        if to_patient:
            lines.append(f"PRT||UC||RCT^Result Copies To^participation|{person(who['ins'], who['family'], given, who['oid'], 'ASIP-SANTE-INS-NIR', 'L', 'INS')}"
                         f"||||||||||^^X.400^{to_patient}")
        if reply and (recipients or to_patient):
            lines.append(f"PRT||UC||REPLY^Reply To^participation|||||||||||^^X.400^{reply}")
    for code, label in FLAGS:
        position += 1
        answer = "Y" if code in yes else "N"
        lines.append(f"OBX|{position}|{'CWE' if is_mdm else 'CE'}|{code}^{label}^MetaDMPMSS||{answer}^^expandedYes-NoIndicator||||||F")
        if code == "DESTMSSANTEPAT" and fin:
            lines.append("NTE||||FIN")
    for code, label, body in (("CORPSMAIL_PS", "Corps du mail pour un PS", body_ps), ("CORPSMAIL_PATIENT", "Corps du mail pour le patient", body_patient)):
        if body:
            position += 1
            lines.append(f"OBX|{position}|ED|{code}^{label}^MetaDMPMSS||^{text}^^Base64^{base64.b64encode(body.encode()).decode()}||||||F")
    return "".join(line + "\r" for line in lines).encode("iso-8859-15" if charset == "8859/15" else "utf-8")


# --- The examples ------------------------------------------------------------------------------------------------------

ALL = {"DESTDMP", "DESTMSSANTEPS", "DESTMSSANTEPAT", "ACK_RECEPTION", "ACK_LECTURE_MSS"}
TO_PS = {"DESTDMP", "DESTMSSANTEPS", "ACK_RECEPTION"}


def mailbox(who):
    return who["ins"] + "@patient.mssante.fr"


def recipient(address, **more):
    return dict(DOCTOR, address=address, **more)


def examples(options):
    doctors = [recipient(address) for address in options.recipient] if options.recipient else [DOCTOR]
    body = "Cher confrère,\n\nveuillez trouver ci-joint la lettre de liaison.\n"
    letter = lambda who, number, **more: cda(LETTER, who, number, **more)
    initial = lambda who, number, control, document=None, yes=ALL, **more: message(
        "ORU", "initial", who, LETTER, [document or letter(who, number)], control, yes, doctors if "DESTMSSANTEPS" in yes else (),
        mailbox(who) if "DESTMSSANTEPAT" in yes else None, **more)

    yield "oru-initial", lambda: initial(ALPHA, "20260115.1", "DPI0000001", body_ps=body, body_patient="Bonjour,\n\nvoici votre lettre de liaison.\n", fin=True)
    yield "oru-replacement", lambda: message(
        "ORU", "replacement", ALPHA, LETTER, [letter(ALPHA, "20260115.2", replaces="20260115.1", version=2)], "DPI0000002", TO_PS, doctors)
    yield "oru-deletion", lambda: message(
        "ORU", "deletion", ALPHA, LETTER, [letter(ALPHA, "20260115.2", replaces="20260115.1", version=2)], "DPI0000003", TO_PS, doctors)
    yield "mdm-initial", lambda: message(
        "MDM", "initial", DELTA, IMAGING, [cda(IMAGING, DELTA, "20260115.11", level=1)], "DPI0000011", TO_PS, doctors, number="20260115.11")
    yield "mdm-replacement", lambda: message(
        "MDM", "replacement", DELTA, IMAGING, [cda(IMAGING, DELTA, "20260115.12", level=1, replaces="20260115.11", version=2)], "DPI0000012", TO_PS, doctors,
        number="20260115.12", replaced="20260115.11")
    yield "mdm-visibility", lambda: message(
        "MDM", "replacement", DELTA, IMAGING, [cda(IMAGING, DELTA, "20260115.13", level=1, replaces="20260115.12", version=3)], "DPI0000013",
        {"DESTDMP", "INVISIBLE_PATIENT", "MODIF_CONF_CODE", "ACK_RECEPTION"}, number="20260115.13", replaced="20260115.12")
    yield "mdm-deletion", lambda: message(
        "MDM", "deletion", DELTA, IMAGING, [cda(IMAGING, DELTA, "20260115.13", level=1, replaces="20260115.12", version=3)], "DPI0000014", TO_PS, doctors,
        number="20260115.13")
    yield "oru-two-documents", lambda: message(
        "ORU", "initial", ALPHA, BIOLOGY, [cda(BIOLOGY, ALPHA, "20260115.21", level=1), cda(BIOLOGY, ALPHA, "20260115.22")], "DPI0000021", TO_PS, doctors)
    yield "oru-initial-latin9", lambda: initial(ETA, "20260115.31", "DPI0000031", charset="8859/15", yes=TO_PS)
    yield "oru-ins-not-qualified", lambda: initial(DELTA, "20260115.41", "DPI0000041", status="PROV")
    yield "oru-dmp-closed", lambda: initial(THETA, "20260115.51", "DPI0000051", yes=TO_PS)

    refused = "refused/"
    yield refused + "other-patient", lambda: initial(ALPHA, "20260115.61", "DPI0000061", letter(DELTA, "20260115.61"))
    yield refused + "patient-address", lambda: message(
        "ORU", "initial", ALPHA, LETTER, [letter(ALPHA, "20260115.62")], "DPI0000062", ALL, doctors, mailbox(DELTA))
    yield refused + "base64-cut", lambda: initial(
        ALPHA, "20260115.63", "DPI0000063", raw=base64.b64encode(letter(ALPHA, "20260115.63")).decode()[:4001])
    yield refused + "doctype", lambda: initial(
        ALPHA, "20260115.64", "DPI0000064", letter(ALPHA, "20260115.64", prolog='<!DOCTYPE ClinicalDocument SYSTEM "http://attaque.example/cda.dtd">\n'))
    yield refused + "entity", lambda: initial(
        ALPHA, "20260115.65", "DPI0000065",
        letter(ALPHA, "20260115.65", prolog='<!DOCTYPE ClinicalDocument [<!ENTITY mot SYSTEM "file:///etc/passwd">]>\n').replace(
            b"<title>Traitement", b"<title>&mot; Traitement"))
    yield refused + "style-sheet", lambda: initial(
        ALPHA, "20260115.66", "DPI0000066",
        letter(ALPHA, "20260115.66", prolog='<?xml-stylesheet type="text/xsl" href="http://attaque.example/cda.xsl"?>\n'))
    yield refused + "no-recipient", lambda: message(
        "ORU", "initial", ALPHA, LETTER, [letter(ALPHA, "20260115.67")], "DPI0000067", ALL, (), mailbox(ALPHA))
    yield refused + "hidden-from-patient", lambda: initial(ALPHA, "20260115.68", "DPI0000068", yes=ALL | {"INVISIBLE_PATIENT"})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", default=os.path.dirname(os.path.abspath(__file__)), help="folder to write to")
    parser.add_argument("--only", action="append", default=[], help="write this example only (may be repeated)")
    parser.add_argument("--recipient", action="append", default=[], help="address of a professional instead of the usual one (may be repeated)")
    parser.add_argument("--control-id", help="MSH-10 instead of the usual one")
    parser.add_argument("--list", action="store_true", help="name the examples and stop")
    options = parser.parse_args()
    for name, make in examples(options):
        if options.only and name not in options.only:
            continue
        if options.list:
            print(name)
            continue
        data = make()
        if options.control_id:
            fields = data.split(b"|", 10)
            fields[9] = options.control_id.encode()
            data = b"|".join(fields)
        path = os.path.join(options.out, name + ".hl7")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main()
