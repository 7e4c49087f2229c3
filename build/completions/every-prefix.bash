# every-prefix.bash COMPLETION NAMES   completes each name of the file NAMES from every part of it, plain and in
# both kinds of quotes. It puts each answer in the place where readline does, reads the line as the shell would, and
# prints what is wrong.

COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
. "$1"

check() { # NAME WORD-AS-TYPED KEPT-OF-IT CLOSING-QUOTE
  local reply words found=
  COMP_LINE="virt-shaper explain $2" COMP_POINT=$((20 + ${#2}))
  _virt_shaper
  for reply in "${COMPREPLY[@]}"; do
    [[ -n $4 && $reply == *"$4" ]] || reply+=$4
    eval "words=($3$reply)"
    ((${#words[@]} == 1)) || printf '%s: %s is not one word\n' "$2" "$reply"
    [[ ${words[0]} == "$1" ]] && found=1
  done
  [[ $found ]] || printf '%s: nothing leads to %s\n' "$2" "$1"
}

mapfile -t all < "$2"
command() { printf '%s\n' "${all[@]}"; } # In the place of virt-shaper names.
for name in "${all[@]}"; do
  for ((length = 0; length <= ${#name}; length++)); do
    part=${name:0:length}
    plain=
    [[ -z $part ]] || printf -v plain %q "$part"
    check "$name" "$plain" "${plain%"${plain##*[:=]}"}" ''
    [[ $part == *\'* ]] || check "$name" "'$part" "'" "'"
    [[ $name == *!* ]] && continue # The history would take it for its own.
    double=${part//\\/\\\\} double=${double//\"/\\\"} double=${double//\$/\\\$} double=${double//\`/\\\`}
    check "$name" "\"$double" '"' '"'
  done
done
