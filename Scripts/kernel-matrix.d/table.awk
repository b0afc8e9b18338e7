# Turns what `measure` printed on each kernel into a page: one column a file.
#
#   awk -v date=YYYY-MM-DD -f table.awk RESULT...
#
# Ends with 1 where a guest did not come to its end, a test or an echo failed, or a kernel refused
# rings for another reason than what it lacks.

# The string, word or number that a line of JSON has for a key; "" for null.
function field(line, key,    at, text) {
  at = index(line, "\"" key "\": ")
  if (!at) return ""
  text = substr(line, at + length(key) + 4)
  if (substr(text, 1, 1) != "\"") {
    sub(/[,}].*/, "", text)
    return text == "null" ? "" : text
  }
  text = substr(text, 2)
  if (!match(text, /([^"\\]|\\.)*/)) return ""
  text = substr(text, 1, RLENGTH)
  gsub(/\\"/, "\"", text)
  return text
}

# Text in a cell or a list.
function plain(text) {
  gsub(/\|/, "\\|", text)
  gsub(/</, "\\<", text)
  return text
}

function row(name, values,    cells, k) {
  cells = "| " name " |"
  for (k = 1; k <= kernels; k++) cells = cells " " (k in values ? values[k] : "–") " |"
  print cells
}

function rule(    cells, k) {
  cells = "|---|"
  for (k = 1; k <= kernels; k++) cells = cells "---|"
  print cells
}

function fail(k, what) {
  failures[k] = failures[k] "\n- " titles[k] ": " what
  failed = 1
}

function add_check(line,    name) {
  name = field(line, "name")
  if (!(name in title)) {
    names[++checks] = name
    title[name] = field(line, "title")
    since[name] = field(line, "since")
    theme[name] = field(line, "theme")
  }
  result[name, kernels] = field(line, "result")
  detail[name, kernels] = field(line, "detail")
  count[kernels, result[name, kernels]]++
}

# A line of Swift Testing: a mark, then what ended and how. Whole tests count, not their cases; but
# a test that passed with a case skipped, which the test itself tells, counts as skipped.
function add_test(line,    name) {
  if (line ~ /^↳ Test .* skipped: /) {
    sub(/^↳ Test /, "", line)
    skips[kernels] = skips[kernels] "\n- " titles[kernels] ": one case of " plain(line)
    hasSkippedCase = 1
    return
  }
  if (line !~ /^[✔✘➜]+ Test / || line ~ / Test (case|run) /) return
  if (line ~ / recorded a warning /) return
  if (line ~ / recorded an issue /) {
    sub(/^[^ ]* Test /, "", line)
    name = line
    sub(/ recorded an issue .*/, "", name)
    # The first word of a test says enough here.
    if (!told[kernels, name]++)
      issues[kernels] = issues[kernels] "\n- " titles[kernels] ": " plain(substr(line, 1, 300))
    return
  }
  if (line ~ / skipped/) {
    outcome[kernels, part, "skipped"]++
    sub(/^[^ ]* Test /, "", line)
    skips[kernels] = skips[kernels] "\n- " titles[kernels] ": " plain(line)
  } else if (line ~ / passed after /) {
    outcome[kernels, part, hasSkippedCase ? "skipped" : "passed"]++
    hasSkippedCase = 0
  } else if (line ~ / failed after /) {
    outcome[kernels, part, "failed"]++
    hasSkippedCase = 0
  }
}

{ sub(/\r$/, "") }

FNR == 1 {
  kernels++
  part = ""
  done[kernels] = 0
}

/^@@ kernel / {
  split($3, numbers, /[.]/)
  titles[kernels] = numbers[1] "." numbers[2]
  isHost = FILENAME ~ /host$/
  # What a machine calls its own kernel is nobody's business.
  releases[kernels] = isHost ? numbers[1] "." numbers[2] "." (numbers[3] + 0) : $3
  places[kernels] = isHost ? "the machine itself" : "QEMU, 2 CPUs, 1 GiB"
}

/^@@ begin / { part = $3 }

/^@@ end / {
  ended[kernels, $3] = $4
  part = ""
}

/^@@ done/ { done[kernels] = 1 }

/^@@/ { next }

part == "features" {
  if (index($0, "{\"kernel\": ") == 1) {
    tier[kernels] = field($0, "tier")
    refusal[kernels] = ""
  }
  if (index($0, "\"refusal\": \"")) refusal[kernels] = field($0, "refusal")
  if (at = index($0, "{\"name\": ")) add_check(substr($0, at))
}

part == "disabled" && index($0, "\"refusal\": \"") { disabled[kernels] = field($0, "refusal") }

part ~ /^(restricted|ring|tour|sockets|readiness|sockets-readiness|sockets-disabled)$/ { add_test($0) }

part ~ /^echo-/ {
  if ($1 == "messages") messages[kernels, part] = $2
  if ($1 == "failures") echoes[kernels, part] = /, 0 bad bytes/ ? "no byte wrong" : $0
  if (!(/^(connections|latency|load|server|ended)/) && !messages[kernels, part] && NF)
    complaints[kernels] = complaints[kernels] "\n" $0
}

# Decides what failed on a kernel.
function judge(k,    names) {
  if (!done[k]) fail(k, "the measurement did not come to its end")
  if (refusal[k] != "") {
    split(titles[k], names, /[.]/)
    if (refusal[k] !~ /this kernel lacks/ || names[1] > 5 || names[2] >= 10)
      fail(k, "refused: " refusal[k])
    judge_parts(k, "sockets-readiness echo-completion-handler-readiness" \
      " echo-completion-async-readiness sockets-disabled echo-disabled")
    return
  }
  if ((k, "disabled") in ended && disabled[k] !~ /io_uring_disabled is 2/)
    fail(k, "disabled by sysctl, it said: " disabled[k])
  judge_parts(k, "features restricted ring tour sockets readiness sockets-readiness" \
    " echo-completion-handler echo-completion-async echo-completion-handler-readiness" \
    " echo-completion-async-readiness sockets-disabled echo-disabled")
}

function judge_parts(k, list,    names, n, p) {
  n = split(list, names, " ")
  for (p = 1; p <= n; p++) {
    if (!((k, names[p]) in ended)) continue
    if (ended[k, names[p]] == 0) continue
    fail(k, names[p] " ended with " ended[k, names[p]] \
      (ended[k, names[p]] == 137 ? ", out of time" : ""))
  }
}

function test_row(name, key,    values, k, any) {
  for (k = 1; k <= kernels; k++) {
    if (!((k, key) in ended)) continue
    any = 1
    values[k] = (outcome[k, key, "passed"] + 0) " / " (outcome[k, key, "failed"] + 0) \
      " / " (outcome[k, key, "skipped"] + 0)
  }
  if (any) row(name, values)
}

function echo_row(name, key,    values, k) {
  for (k = 1; k <= kernels; k++)
    if ((k, key) in echoes) values[k] = messages[k, key] " messages, " echoes[k, key]
  row(name, values)
}

function summary(    values, k) {
  row("", titles)
  rule()
  row("Release", releases)
  row("Runs on", places)
  for (k = 1; k <= kernels; k++) values[k] = refusal[k] != "" ? "none: refused" : tier[k]
  row("Tier that is chosen", values)
  delete values
  for (k = 1; k <= kernels; k++)
    if (count[k, "behaves"]) values[k] = count[k, "behaves"] " / " count[k, "differs"] + 0 " / " \
      count[k, "absent"] + 0 " / " count[k, "skipped"] + 0
  row("Behaviours: as described / otherwise / absent / not tried", values)
  test_row("Tests of restricted rings: passed / failed / skipped", "restricted")
  test_row("Tests of the ring", "ring")
  test_row("Would-block tour", "tour")
  test_row("Tests on real sockets", "sockets")
  test_row("Tests of readiness", "readiness")
  test_row("Tests on real sockets, on readiness", "sockets-readiness")
  test_row("Tests on real sockets after `sysctl kernel.io_uring_disabled=2`", "sockets-disabled")
  echo_row("Echo with handlers", "echo-completion-handler")
  echo_row("Echo with tasks", "echo-completion-async")
  echo_row("Echo with handlers on readiness", "echo-completion-handler-readiness")
  echo_row("Echo with tasks on readiness", "echo-completion-async-readiness")
  echo_row("Echo with tasks after that sysctl", "echo-disabled")
}

function behaviours(    values, c, k, r, now) {
  for (c = 1; c <= checks; c++) {
    if (theme[names[c]] != now) {
      now = theme[names[c]]
      print "\n### " toupper(substr(now, 1, 1)) substr(now, 2) "\n"
      row("Behaviour and the Linux that brought it", titles)
      rule()
    }
    delete values
    for (k = 1; k <= kernels; k++) {
      r = result[names[c], k]
      if (r != "") values[k] = r == "behaves" ? "yes" : r == "absent" ? "–" : r == "differs" ? "**differs**" : r
    }
    row("`" names[c] "` " plain(title[names[c]]) " *" since[names[c]] "*", values)
  }
}

function list(heading, before, values,    k, text) {
  for (k = 1; k <= kernels; k++) text = text values[k]
  if (text != "") printf "\n## %s\n%s%s\n", heading, before == "" ? "" : "\n" before "\n", text
}

END {
  print "# Kernel matrix\n\nWhat the library finds and does on several kernels.\n\n## Overview\n"
  print "`Scripts/kernel-matrix` wrote this page on " date ". It boots Debian's packaged kernels, and an"
  print "older one of Ubuntu's, under QEMU's software emulation and measures on each: what"
  print "`uring-features` finds by trying, the tests, and an echo of 16 connections, whose every byte is"
  print "compared. `–` is absent, or not run."
  print ""
  print "Debian's 5.10 is not too old: it has the io_uring of Linux 5.15, which the stable series took over"
  print "with 5.10.162, and the library asks a kernel what it can do, not for its number. So it gets the"
  print "one-shot tier. What a kernel that is too old leads to is shown with Linux 5.4."
  print ""
  summary()

  for (k = 1; k <= kernels; k++) {
    judge(k)
    if (refusal[k] != "") refused[k] = "\n- " titles[k] ": `" refusal[k] "`"
    if (disabled[k] != "")
      refused[k] = refused[k] "\n- " titles[k] ", after `sysctl kernel.io_uring_disabled=2`: `" \
        disabled[k] "`"
    for (c = 1; c <= checks; c++)
      if (result[names[c], k] == "differs")
        differs[k] = differs[k] "\n- " titles[k] ", `" names[c] "`: " plain(detail[names[c], k])
  }
  list("What failed", "", failures)
  list("What failing tests said", "", issues)
  list("Where no ring can be made", "What a program is told, which goes on with readiness (<doc:WithoutARing>) unless it asks for a ring (more: <doc:Refusals>):", refused)
  list("Where a kernel behaves otherwise", "The library does without what it finds so.", differs)
  list("What was skipped", "A skip is not a pass.", skips)
  print "\n## Behaviours"
  behaviours()
  exit failed
}
