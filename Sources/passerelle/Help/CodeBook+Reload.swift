extension CodeBook {
    static let reload = [
        Entry(
            "P0195",
            fr: "Un secret, un certificat ou un fichier que la nouvelle configuration nomme ne se lit pas. Rien n'est changé : réparer, puis recharger. (Au "
                + "démarrage, la passerelle part sans lui, et ce qui en a besoin est mis au repos.)",
            en: "A secret, certificate or file that the new configuration names cannot be read. Nothing is changed: mend it, then reload. (At the start the "
                + "gateway goes without it, and what needs it rests.)"),
        Entry(
            "P0196", fr: "Le journal, la socket et l'environnement d'un nœud ne changent pas pendant qu'il tourne.",
            en: "The journal, the socket and the environment of a node do not change while it runs."),
        Entry(
            "P0197",
            fr:
                "Un récepteur nouveau ou modifié n'a pas pu prendre son port. Rien n'est changé. Une même adresse est reprise de l'ancien récepteur ; passer de "
                + "0.0.0.0 à une adresse précise sur le même port demande un redémarrage, ou un autre port.",
            en: "A new or changed listener could not take its port. Nothing is changed. The same address is taken over from the old listener; going from "
                + "0.0.0.0 to one address on the same port needs a restart, or another port."),
        Entry(
            "P0568", fr: "L'audit note chaque configuration mise en vigueur : son empreinte, quand, par qui, ce qui a changé.",
            en: "The audit notes each configuration that comes into force: its digest, when, by whom, what changed."),
        Entry(
            "P0566", fr: "L'audit note chaque configuration refusée ; l'ancienne est restée en vigueur.",
            en: "The audit notes each configuration that was refused; the former one stayed in force."),
        Entry("P0567", fr: "L'audit note qui a remis au travail ce qui était au repos.", en: "The audit notes who put back to work what rested."),
        Entry(
            "P0626", fr: "Le port est pris, l'adresse n'est pas de cette machine, ou le port demande un droit (moins de 1024).",
            en: "The port is taken, the address is not this machine's, or the port needs a right (below 1024)."),
        Entry(
            "P0627",
            fr: "MLLP en clair montre des données de santé à qui écoute le réseau. Donner `tls`, écouter sur 127.0.0.1 derrière un relais TLS, ou écrire "
                + "« tls: none » si le réseau est protégé autrement : la passerelle le rappelle alors à chaque démarrage.",
            en: "MLLP in clear shows health data to whoever listens on the network. Give `tls`, listen on 127.0.0.1 behind a TLS relay, or write "
                + "\"tls: none\" where the network is protected otherwise: the gateway then says so at each start."),
    ]
}
