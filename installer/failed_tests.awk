# What failed, from the output of ctest --output-on-failure: for each failed test the failures that Qt Test printed,
# with their messages and places, or its last lines when it printed none. Short enough for the end of any log.
# -v prefix=DIR/ shortens the places of the sources.

BEGIN { all = 40; each = 10; message = 4 } # lines: of all, of one test, of one failure's message

# "12/34 Test  #5: name ....***Failed   1.23 sec", and then what it printed
/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / {
    current = 0
    if ($0 !~ /\*\*\*/ || $0 ~ /\*\*\*Skipped/) next
    current = ++tests
    name[current] = $0
    sub(/^[^#]*#[0-9]+: +/, "", name[current])
    how[current] = name[current]
    sub(/ .*/, "", name[current])
    sub(/^[^ ]+ *\.*/, "", how[current])
    sub(/\*\*\*/, " ", how[current])
    sub(/^ +/, "", how[current])
    gsub(/ +/, " ", how[current])
    within = 0
    next
}

/^ +Start +[0-9]+: / || /% tests passed, / { current = 0 }

!current { next }

# A message may go on over many lines; its place is the last of them.
/^(FAIL!|XPASS|QFATAL) / { within = message; keep($0); next }
/^   Loc: / { if (within) keep($0); within = 0; next }
/^(PASS|XFAIL|SKIP|QDEBUG|QINFO|QWARN|Totals)[ :]/ { within = 0 }
within > 1 { within--; keep($0); next }
/^terminate called|^  what\(\):|^(==[0-9]+==)?(ERROR|WARNING): [A-Za-z]*Sanitizer|: runtime error: / { keep($0); next }
/[^ ]/ { last[current, ++lines[current]] = $0 }

function keep(line) { failure[current, ++failures[current]] = line }

# Lines are only printed as long as there is room for the names of the tests that are still to come.
function show(line, left)
{
    if (printed + left >= all) return
    if (prefix != "" && (at = index(line, prefix)) > 0)
        line = substr(line, 1, at - 1) substr(line, at + length(prefix))
    print "  " substr(line, 1, 300)
    printed++
}

END {
    for (t = 1; t <= tests; t++) {
        if (printed >= all) exit
        end = failures[t] ? "" : ", did not print a failure; its last lines:"
        print name[t] ": " how[t] end
        printed++
        if (failures[t]) {
            shown = failures[t] < each ? failures[t] : each - 1
            for (i = 1; i <= shown; i++) show(failure[t, i], tests - t)
            if (shown < failures[t]) show("… (" failures[t] - shown " more)", tests - t)
        } else {
            for (i = lines[t] > 4 ? lines[t] - 3 : 1; i <= lines[t]; i++) show(last[t, i], tests - t)
        }
    }
}
