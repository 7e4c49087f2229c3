# bash completion for virt-shaper(8)                                        -*- shell-script -*-
# Made by "npm run completions" from the program's own commands and options: not to be edited.

# What the value of an option is. The answer is in $takes and $words.
_virt_shaper_value() {
  takes= words=()
  case $1 in
    --config) takes=files ;;
    --rules) takes=folders ;;
    --root) takes=folders ;;
    --lock-timeout) takes=anything ;;
    --timeout) takes=anything ;;
    --confirm) takes=anything ;;
    --at) takes=anything ;;
    --ceil) takes=anything ;;
    --rate) takes=anything ;;
    --for) takes=anything ;;
    --until) takes=anything ;;
    --why) takes=anything ;;
    --interval) takes=anything ;;
    --month) takes=anything ;;
    --since) takes=anything ;;
    --html) takes=files ;;
    --output) takes=files ;;
    --from) takes=words words=(bandwidth.conf libvirt proxmox) ;;
    --settle) takes=anything ;;
  esac
}

# What an argument is: COMMAND:PLACE, the first place is 0.
_virt_shaper_argument() {
  takes= words=()
  case $1 in
    :*) takes=words words=(check set unset apply render load confirm plan verify limit limits unload status tree top explain usage metrics import sync doctor init hooks hook help) ;;
    set:0) takes=known ;;
    set:*) takes=words words=(ceil ceil.out ceil.in rate rate.out rate.in group leaf local pps storm) ;;
    unset:0) takes=known ;;
    unset:*) takes=words words=(ceil ceil.out ceil.in rate rate.out rate.in group leaf local pps storm) ;;
    limit:0) takes=known ;;
    status:*) takes=in-force ;;
    tree:*) takes=in-force ;;
    explain:0) takes=known ;;
    usage:*) takes=known ;;
    import:*) takes=files ;;
    hooks:0) takes=words words=(install remove status) ;;
    hook:0) takes=words words=(qemu lxc network) ;;
    hook:1) takes=guests ;;
    hook:2) takes=words words=(prepare start started stopped release restore migrate reconnect attach port-created port-deleted updated) ;;
    hook:3) takes=words words=(begin end -) ;;
    hook:4) takes=words words=(-) ;;
    help:0) takes=words words=(check set unset apply render load confirm plan verify limit limits unload status tree top explain usage metrics import sync doctor init hooks hook help) ;;
  esac
}

# The options of a command; without one, those that stand before it.
_virt_shaper_options() {
  takes=words words=()
  case $1 in
    '') words=(-V --version --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose -h --help) ;;
    check) words=(--json -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    set) words=(--group --load -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    unset) words=(--group --load -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    apply) words=(--dry-run --json --commands --confirm -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    render) words=(-h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    load) words=(--dry-run --json --confirm -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    confirm) words=(-h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    plan) words=(--json --commands --at -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    verify) words=(--json -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    limit) words=(--ceil --rate --out --in --for --until --why --group --unmarked --lift -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    limits) words=(--json -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    unload) words=(-h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    status) words=(--json --interval -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    tree) words=(--json --interval -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    top) words=(--interval --once --json -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    explain) words=(--json -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    usage) words=(--group --uplink --month --since --day --months --p95 --json --csv --html -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    metrics) words=(--output -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    import) words=(--from -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    sync) words=(--settle --in-force --service -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    doctor) words=(--json -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    init) words=(--print -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    hooks) words=(--json -h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    hook) words=(-h --help --config --rules --root --lock-timeout --timeout -q --quiet -v --verbose) ;;
    help) words=() ;;
  esac
}

# Splits the line before the cursor: $typed has the words without their quotes, $cur the last one as far as it
# goes, $quote the quote that is open in it, $before the part of it that readline leaves as it is.
_virt_shaper_split() {
  local text=$1 at char next begun= outer=
  typed=() cur= quote= before=
  for ((at = 0; at < ${#text}; at++)); do
    char=${text:at:1} next=${text:at+1:1}
    case $quote$char in
      "''" | '""') quote= before=$outer ;;
      '"\')
        [[ $next == [\"\\\$\`] ]] && char=$next && ((at++))
        cur+=$char
        ;;
      \'?* | \"?*) cur+=$char ;;
      \\) cur+=$next begun=1 && ((at++)) ;;
      \' | \") quote=$char outer=$before before=$cur begun=1 ;;
      [[:blank:]])
        [[ -n $begun ]] && typed+=("$cur")
        cur= before= begun=
        ;;
      *)
        cur+=$char begun=1
        [[ $COMP_WORDBREAKS == *"$char"* ]] && before=$cur
        ;;
    esac
  done
}

# Offers those words that begin as the cursor's does, in the quotes that they need there.
_virt_shaper_offer() {
  local word
  for word; do
    [[ -n $word && $word == "$cur"* ]] || continue
    word=${word:${#before}}
    case $quote in
      '') printf -v word %q "$word" ;;
      \') word=${word//\'/\'\\\'\'} ;;
      \")
        [[ $word == *!* ]] && continue # Nothing keeps it from the history there.
        word=${word//\\/\\\\} word=${word//\"/\\\"} word=${word//\$/\\\$} word=${word//\`/\\\`}
        ;;
    esac
    # Readline closes the quotes, but takes a quote at the end for a closing one.
    [[ -z $quote || $word != *"$quote" ]] || word+=$quote
    COMPREPLY+=("$word")
  done
}

# Offers the names of guests, or of guests and groups, from where the line's own --root and so on lead.
_virt_shaper_names() {
  local name names=()
  while IFS= read -r name; do
    # One that begins with a dash would be taken for an option, but not after --.
    [[ $name == -* && -z $ended ]] || names+=("$name")
  done < <(command virt-shaper "${common[@]}" names "$1" 2>/dev/null </dev/null)
  _virt_shaper_offer "${names[@]}"
}

_virt_shaper() {
  local typed cur quote before takes words word option= command= place=0 ended= common=()
  COMPREPLY=()
  _virt_shaper_split "${COMP_LINE:0:COMP_POINT}"
  for word in "${typed[@]:1}"; do
    if [[ -n $option ]]; then
      case $option in --config | --rules | --root) common+=("$option" "$word") ;; esac
      option=
    elif [[ -z $ended && $word == -- ]]; then
      ended=1
    elif [[ -z $ended && $word == -?* ]]; then
      case $word in --config=* | --rules=* | --root=*) common+=("$word") ;; esac
      _virt_shaper_value "$word"
      [[ -n $takes ]] && option=$word
    elif [[ -z $command ]]; then
      command=$word
    else
      place=$((place + 1))
      [[ $command == hook ]] && ended=1 # What follows is libvirt's.
    fi
  done

  if [[ -n $option ]]; then
    _virt_shaper_value "$option"
  elif [[ -z $ended && $cur == --*=* ]]; then
    option=${cur%%=*}
    _virt_shaper_value "$option"
    words=("${words[@]/#/$option=}")
  elif [[ -z $ended && $cur == -* ]]; then
    _virt_shaper_options "$command"
  else
    _virt_shaper_argument "$command:$place"
  fi
  case $takes in
    files) compopt -o default 2>/dev/null ;;
    folders) compopt -o dirnames 2>/dev/null ;;
    words) _virt_shaper_offer "${words[@]}" ;;
    guests | known | in-force) _virt_shaper_names "$takes" ;;
  esac
}

complete -F _virt_shaper virt-shaper
