# What test.sh and demo.sh tell the person who waits: sourced, not run.
# French where the locale is French, else English.
case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in fr*) LANGUAGE_OF_PERSON=fr ;; *) LANGUAGE_OF_PERSON=en ;; esac

# say FRENCH ENGLISH: one line, with the time since the start.
STARTED=$(date +%s)
say() {
    local text=$2 spent=$(($(date +%s) - STARTED))
    [ "$LANGUAGE_OF_PERSON" = fr ] && text=$1
    printf '\033[1m[%2d:%02d]\033[0m %s\n' $((spent / 60)) $((spent % 60)) "$text"
}

# fail FRENCH ENGLISH: the last word, on standard error.
fail() {
    say "$@" >&2
    exit 1
}

# A table of where the minutes went: minutes NAME closes the part that began at the last call.
MINUTES=()
MINUTE_MARK=$STARTED
minutes() {
    local now
    now=$(date +%s)
    MINUTES+=("$((now - MINUTE_MARK))|$1")
    MINUTE_MARK=$now
}

# minutes_table: the parts and their total, as a Markdown table.
minutes_table() {
    local row total=0
    printf '| minutes | part |\n| ---: | --- |\n'
    for row in "${MINUTES[@]}"; do
        printf '| %s | %s |\n' "$(as_minutes "${row%%|*}")" "${row#*|}"
        total=$((total + ${row%%|*}))
    done
    printf '| **%s** | **total** |\n' "$(as_minutes "$total")"
}

as_minutes() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }
