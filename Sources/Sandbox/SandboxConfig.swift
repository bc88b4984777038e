import FoundationEssentials

/// What a sandbox is told: addresses, certificates by path, and the patients and structures it knows.
///
/// It reads from JSON (or any `Decoder`, such as YAML's); everything but the certificates has a default.
package struct SandboxConfig: Codable, Sendable, Hashable {
    /// Where a port listens. Port 0 takes a free one.
    package struct Address: Codable, Sendable, Hashable {
        /// Loopback unless told otherwise.
        package var host: String
        /// TCP port.
        package var port: Int

        /// An address; loopback by default.
        package init(host: String = "127.0.0.1", port: Int = 0) {
            self.host = host
            self.port = port
        }

        /// Reads `{"host": …, "port": …}`, both optional.
        package init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            host = try fields.decodeIfPresent(String.self, forKey: .host) ?? "127.0.0.1"
            port = try fields.decodeIfPresent(Int.self, forKey: .port) ?? 0
        }
    }

    /// Paths of PEM files for one TLS port.
    package struct TLS: Codable, Sendable, Hashable {
        /// The server's certificate, then its issuers.
        package var certificate: String
        /// Its private key.
        package var key: String
        /// Authorities of the clients. Nil: no client certificate is asked for.
        package var authorities: String?
        /// Their revocation lists.
        package var revocationLists: String?

        /// Paths of PEM files.
        package init(certificate: String, key: String, authorities: String? = nil, revocationLists: String? = nil) {
            self.certificate = certificate
            self.key = key
            self.authorities = authorities
            self.revocationLists = revocationLists
        }
    }

    /// The stand-in DMP.
    package struct DMP: Codable, Sendable, Hashable {
        /// Where it listens (HTTPS).
        package var address: Address
        /// Its certificate, and who may connect. The same authorities judge the seals of VIHF and lot.
        package var tls: TLS
        /// OID of the INS of this platform: `.10` for a test platform, `.8` and `.9` in production.
        package var insRoots: [String]
        /// Seconds by which `IssueInstant` may be off.
        package var clockSkew: Int
        /// Numbers of homologation it knows; empty: any that is not empty.
        package var homologations: [String]
        /// OU of a certificate → the structures that may use it (an EJ's EG); an OU not listed stands for itself.
        package var structures: [String: [String]]
        /// INS (15 characters) without a DMP.
        package var withoutDMP: [String]
        /// INS whose DMP is closed.
        package var closed: [String]
        /// Largest request, bytes.
        package var maximumBytes: Int
        /// Whether the lot must be signed (it is not in a regional XDS).
        package var lotSignature: Bool

        /// A stand-in DMP.
        package init(
            address: Address = Address(), tls: TLS, insRoots: [String] = ["1.2.250.1.213.1.4.10"], clockSkew: Int = 300,
            homologations: [String] = [], structures: [String: [String]] = [:], withoutDMP: [String] = [], closed: [String] = [],
            maximumBytes: Int = 128 << 20, lotSignature: Bool = true
        ) {
            self.address = address
            self.tls = tls
            self.insRoots = insRoots
            self.clockSkew = clockSkew
            self.homologations = homologations
            self.structures = structures
            self.withoutDMP = withoutDMP
            self.closed = closed
            self.maximumBytes = maximumBytes
            self.lotSignature = lotSignature
        }

        /// Reads an object; only `tls` is required.
        package init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                address: try fields.decodeIfPresent(Address.self, forKey: .address) ?? Address(),
                tls: try fields.decode(TLS.self, forKey: .tls),
                insRoots: try fields.decodeIfPresent([String].self, forKey: .insRoots) ?? ["1.2.250.1.213.1.4.10"],
                clockSkew: try fields.decodeIfPresent(Int.self, forKey: .clockSkew) ?? 300,
                homologations: try fields.decodeIfPresent([String].self, forKey: .homologations) ?? [],
                structures: try fields.decodeIfPresent([String: [String]].self, forKey: .structures) ?? [:],
                withoutDMP: try fields.decodeIfPresent([String].self, forKey: .withoutDMP) ?? [],
                closed: try fields.decodeIfPresent([String].self, forKey: .closed) ?? [],
                maximumBytes: try fields.decodeIfPresent(Int.self, forKey: .maximumBytes) ?? 128 << 20,
                lotSignature: try fields.decodeIfPresent(Bool.self, forKey: .lotSignature) ?? true)
        }
    }

    /// The receiver of acknowledgements.
    package struct MLLP: Codable, Sendable, Hashable {
        /// Where it listens.
        package var address: Address
        /// Nil: plain TCP.
        package var tls: TLS?

        /// A receiver; plain TCP unless `tls` is given.
        package init(address: Address = Address(), tls: TLS? = nil) {
            self.address = address
            self.tls = tls
        }

        /// Reads `{"address": …, "tls": …}`, both optional.
        package init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            address = try fields.decodeIfPresent(Address.self, forKey: .address) ?? Address()
            tls = try fields.decodeIfPresent(TLS.self, forKey: .tls)
        }
    }

    /// Folder that receives `dmp/`, `mail/` and `zam/`.
    package var output: String
    /// Folder with `xds/` and `saml/` schemas (`Mappings/schemas`).
    package var schemas: String
    /// Folder with the code tables (`Mappings/tables`).
    package var tables: String
    /// Nil: no stand-in DMP.
    package var dmp: DMP?
    /// Control port (plain HTTP, loopback only). Nil: none.
    package var control: Address?
    /// SMTP sink (plain, loopback). Nil: none.
    package var smtp: Address?
    /// Receiver of acknowledgements. Nil: none.
    package var mllp: MLLP?

    /// A sandbox; what is nil does not listen.
    package init(
        output: String, schemas: String = "Mappings/schemas", tables: String = "Mappings/tables", dmp: DMP? = nil, control: Address? = nil,
        smtp: Address? = nil, mllp: MLLP? = nil
    ) {
        self.output = output
        self.schemas = schemas
        self.tables = tables
        self.dmp = dmp
        self.control = control
        self.smtp = smtp
        self.mllp = mllp
    }

    /// Reads JSON; throws a `DecodingError` that names the field.
    package init(json: [UInt8]) throws { self = try JSONDecoder().decode(SandboxConfig.self, from: Data(json)) }

    /// Reads an object; `output`, `schemas` and `tables` have defaults.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            output: try fields.decodeIfPresent(String.self, forKey: .output) ?? "sandbox-out",
            schemas: try fields.decodeIfPresent(String.self, forKey: .schemas) ?? "Mappings/schemas",
            tables: try fields.decodeIfPresent(String.self, forKey: .tables) ?? "Mappings/tables",
            dmp: try fields.decodeIfPresent(DMP.self, forKey: .dmp), control: try fields.decodeIfPresent(Address.self, forKey: .control),
            smtp: try fields.decodeIfPresent(Address.self, forKey: .smtp), mllp: try fields.decodeIfPresent(MLLP.self, forKey: .mllp))
    }
}
