import Testing

@testable import Clinical

@Suite("IHE_XDM.zip (ITI-32)")
struct XDMArchiveTests {
    static let source = XDMSource(
        institution: "CH DE DÉMONSTRATION", identifier: "1990000010", contact: "dsi@example.org", product: "Passerelle", version: "0.1", vendor: "Projet libre")
    static let documents: [[UInt8]] = [
        Array("\u{FEFF}<a>\r\n</a>".utf8), Array(String(repeating: "<b>texte</b>", count: 5000).utf8),
    ]

    func archive(_ documents: [[UInt8]] = XDMArchiveTests.documents) throws -> [UInt8] {
        try XDMArchive.bytes(source: Self.source, metadata: Array("<m/>".utf8), documents: documents, stamp: "20260115093207")
    }

    @Test("built twice: the same bytes (mssante-xdm case 40)")
    func deterministic() throws { #expect(try archive() == archive()) }

    @Test("Python reads it: entries in order, directories explicit, dates of the message, documents byte for byte (cases 36, 38)")
    func python() throws {
        let script = """
            import sys, zipfile
            z = zipfile.ZipFile(sys.argv[1])
            assert z.testzip() is None
            assert z.namelist() == ['INDEX.HTM', 'README.TXT', 'IHE_XDM/', 'IHE_XDM/SUBSET01/', 'IHE_XDM/SUBSET01/METADATA.XML',
                'IHE_XDM/SUBSET01/DOC00001.XML', 'IHE_XDM/SUBSET01/DOC00002.XML'], z.namelist()
            for i in z.infolist():
                assert i.date_time == (2026, 1, 15, 9, 32, 6) and i.flag_bits == 0 and not i.extra and not i.comment and i.create_system == 0
                assert i.external_attr == (0x10 if i.is_dir() else 0x20) and i.create_version == 20 and i.extract_version == 20
            assert z.read('IHE_XDM/SUBSET01/DOC00001.XML') == b'\\xef\\xbb\\xbf<a>\\r\\n</a>'
            assert z.read('IHE_XDM/SUBSET01/DOC00002.XML') == b'<b>texte</b>' * 5000
            readme = z.read('README.TXT').decode('ascii')
            assert 'CH DE DEMONSTRATION' in readme and all(len(l) <= 80 for l in readme.split('\\r\\n')) and '\\n' not in readme.replace('\\r\\n', '')
            import xml.etree.ElementTree as E
            html = E.fromstring(z.read('INDEX.HTM'))
            assert [a.get('href') for a in html.iter('{http://www.w3.org/1999/xhtml}a')][0] == 'README.TXT'
            print('ok')
            """
        let result = try shell("python3 -c \"$(cat <<'PY'\n\(script)\nPY\n)\" \"$FILE\"", archive())
        #expect(result.text == "ok\n", "\(result.text)")
    }

    @Test("one hundred documents are DOC00001 to DOC00100 (case 37)")
    func many() throws {
        let read = try ReadXDM(archive((1...100).map { Array("<d>\($0)</d>".utf8) }))
        #expect(read.subsets[0].files.count == 100)
        #expect(read.subsets[0].files["DOC00100.XML"] == Array("<d>100</d>".utf8))
        #expect(XDMArchive.documentName(7) == "DOC00007.XML")
    }

    @Test("what is written is read again")
    func roundTrip() throws {
        let read = try ReadXDM(archive())
        #expect(read.subsets.count == 1)
        #expect(read.subsets[0].directory == "IHE_XDM/SUBSET01/")
        #expect(read.subsets[0].metadata == Array("<m/>".utf8))
        #expect(read.subsets[0].files["DOC00001.XML"] == Self.documents[0])
    }
}

@Suite("Archives that must not be read")
struct XDMReaderTests {
    /// Python writes the archive; the script fills `z`, the bytes go back in hexadecimal.
    func python(_ script: String) throws -> [UInt8] {
        let all = """
            import io, sys, zipfile, struct
            b = io.BytesIO()
            z = zipfile.ZipFile(b, 'w', zipfile.ZIP_DEFLATED)
            z.writestr('IHE_XDM/SUBSET01/METADATA.XML', b'<m/>')
            \(script)
            z.close()
            d = b.getvalue()
            if 'after' in globals(): d = after(d)
            print(d.hex())
            """
        let result = try shell("python3 -c \"$(cat <<'PY'\n\(all)\nPY\n)\"", [])
        let digits = Array(result.text.utf8)
        #expect(result.code == 0, "\(result.text)")
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16) }
    }

    func fault(_ bytes: [UInt8]) -> XDMError.Fault? {
        do throws(XDMError) {
            _ = try ReadXDM(bytes)
            return nil
        } catch {
            return error.fault
        }
    }

    @Test(
        "each attack is refused by name (cases 45, 54 to 60)",
        arguments: [
            ("z.writestr('IHE_XDM/SUBSET01/A.XML', b'0' * 30000000)", XDMError.Fault.bomb),
            ("z.writestr('../../etc/passwd', b'x')", .badName), ("z.writestr('/etc/passwd', b'x')", .badName), ("z.writestr('C:/x', b'x')", .badName),
            ("i = zipfile.ZipInfo('IHE_XDM/l'); i.create_system = 3; i.external_attr = 0o120777 << 16; z.writestr(i, b'/etc')", .ambiguous),
            ("import warnings; warnings.simplefilter('ignore'); z.writestr('A.XML', b'1'); z.writestr('a.xml', b'2')", .ambiguous),
            ("z.writestr('A.XML', b'1', zipfile.ZIP_BZIP2)", .unsupported), ("after = lambda d: d[:-10]", .damaged), ("after = lambda d: d[:40]", .damaged),
            ("after = lambda d: d.replace(b'METADATA.XML', b'METADATO.XML', 1)", .ambiguous),
            ("after = lambda d: d.replace(b'METADATA.XML', b'NOTHING1.XML')", .noMetadata),
            ("[z.writestr('F%d' % n, b'') for n in range(300)]", .tooLarge),
        ])
    func attacks(_ script: String, _ expected: XDMError.Fault) throws { #expect(fault(try python(script)) == expected) }

    @Test("an entry that inflates to more than it declares stops at once (case 59)")
    func lies() throws {
        let bytes = try python(
            "z.writestr('IHE_XDM/SUBSET01/A.XML', b'0' * 900000)\ni = z.getinfo('IHE_XDM/SUBSET01/A.XML')\ni.file_size = 10")
        #expect(fault(bytes) == .damaged)
    }

    @Test("entries that share their bytes are refused: the quoted-overlap bomb (case 57)")
    func overlap() throws {
        let bytes = try python(
            "z.writestr('IHE_XDM/SUBSET01/A.XML', b'abc')\ni = z.getinfo('IHE_XDM/SUBSET01/A.XML')\nimport copy\nj = copy.copy(i)\nj.filename = 'IHE_XDM/SUBSET01/B.XML'\nz.filelist.append(j)"
        )
        #expect(fault(bytes) == .ambiguous)
    }

    @Test("other case, other places, backslashes, data descriptors, macOS entries: read (cases 42 to 47, 52)")
    func tolerance() throws {
        let bytes = try python(
            "z.writestr('__MACOSX/x', b''); z.writestr('top/ihe_xdm/Subset02/Metadata.xml', b'<n/>'); z.writestr('top/ihe_xdm/Subset02/doc.xml', b'd')")
        let read = try ReadXDM(bytes)
        #expect(read.subsets.map(\.directory) == ["IHE_XDM/SUBSET01/", "top/ihe_xdm/Subset02/"])
        #expect(read.subsets[1].files == ["DOC.XML": [100]])
    }
}
