# fish completion for virt-shaper(8)
# Made by "npm run completions" from the program's own commands and options: not to be edited.

function __virt_shaper_at --description 'Whether the line is at "COMMAND PLACE", a regular expression; --not turns it round'
    set -l command -
    set -l place 0
    set -l value no
    set -l ended no
    for word in (commandline -opc)[2..-1]
        if test $value = yes
            set value no
        else if test $ended = no; and test "$word" = --
            set ended yes
        else if test $ended = no; and string match -q -- '-?*' "$word"
            contains -- "$word" --config --rules --root --lock-timeout --timeout --confirm --at --ceil --rate --for --until --why --interval --month --since --html --output --from --settle; and set value yes
        else if test "$command" = -
            set command $word
        else
            set place (math $place + 1)
            # What follows is libvirt's.
            test "$command" = hook; and set ended yes
        end
    end
    if test "$argv[1]" = --not
        not string match -qr -- "^$argv[2]\$" "$command $place"
    else
        string match -qr -- "^$argv[1]\$" "$command $place"
    end
end

function __virt_shaper_names --description 'Names of guests, or of guests and groups, from where --root and so on lead'
    set -l common
    set -l option
    set -l words (commandline -opc)
    for word in $words[2..-1]
        if set -q option[1]
            set -a common $option $word
            set option
        else if contains -- "$word" --config --rules --root
            set option $word
        else if string match -qr -- '^--(config|rules|root)=' "$word"
            set -a common $word
        end
    end
    # One that begins with a dash would be taken for an option, but not by hook, nor after --.
    if contains -- hook $words; or contains -- -- $words
        command virt-shaper $common names $argv[1] 2>/dev/null </dev/null
    else
        command virt-shaper $common names $argv[1] 2>/dev/null </dev/null | string match -v -- '-*'
    end
end

complete -c virt-shaper -f
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a check -d 'read the configuration, report every problem, show what each guest would have'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a set -d 'write values of a guest, pattern or group to a file of their own, checked before they are written'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a unset -d 'take values that set has written away again, or all of them'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a apply -d 'check, find the running guests, render, say what changes for whom, and load'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a render -d 'write rules.d from the configuration, for the guests that it was told of'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a load -d 'make the kernel hold what rules.d says, all or nothing'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a confirm -d 'keep the policy that "apply --confirm" or "load --confirm" has loaded'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a plan -d 'show what load would change, and for whom (status 3 if anything)'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a verify -d 'compare the kernel with what was loaded (status 3 on drift)'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a limit -d 'give a guest, a group or what no guest owns another rate or ceil for now'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a limits -d 'show what was set so, by whom, until when and why'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a unload -d 'take out everything virt-shaper put in, nothing else'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a status -d 'show who has what and does what now'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a tree -d 'show each uplink with its groups and guests'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a top -d 'show live who uses what, and how much of it is left'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a explain -d 'show where each of a guest\'s or group\'s values comes from, and what the kernel holds for it'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a usage -d 'show who has used how much, by day and month; export and import it with a guest that moves'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a metrics -d 'print counters, rates and faults for Prometheus'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a import -d 'print the limits of the old hook\'s bandwidth.conf, of libvirt or Proxmox VE as TOML (- reads stdin)'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a sync -d 'find the running guests anew, render and load; nothing to do, nothing changed'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a doctor -d 'what this host can and cannot do, and what to do about it (status 3: warnings, 1: problems)'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a init -d 'write a first config.toml from this host\'s bridges and guests; never over one that is there'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a hooks -d 'install, remove or status: the files in libvirt\'s folder of hooks'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a hook -d 'what libvirt calls: DRIVER NAME OP SUBOP EXTRA, XML on stdin'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -a help -d 'display help for command'
complete -c virt-shaper -n "__virt_shaper_at '- 0'" -s V -l version -d 'output the version number'
complete -c virt-shaper -n "__virt_shaper_at --not 'hook [1-9]'" -l config -r -F -d 'main configuration file (/etc/virt-shaper/config.toml)'
complete -c virt-shaper -n "__virt_shaper_at --not 'hook [1-9]'" -l rules -r -f -a '(__fish_complete_directories)' -d 'where the rules are (/var/lib/virt-shaper/rules.d)'
complete -c virt-shaper -n "__virt_shaper_at --not 'hook [1-9]'" -l root -r -f -a '(__fish_complete_directories)' -d 'put /etc, /run and /var below this folder'
complete -c virt-shaper -n "__virt_shaper_at --not 'hook [1-9]'" -l lock-timeout -r -f -d 'how long to wait for another virt-shaper (60)'
complete -c virt-shaper -n "__virt_shaper_at --not 'hook [1-9]'" -l timeout -r -f -d 'how long one call of nft, tc or ip may take (30)'
complete -c virt-shaper -n "__virt_shaper_at --not 'hook [1-9]'" -s q -l quiet -d 'say only what is wrong'
complete -c virt-shaper -n "__virt_shaper_at --not 'hook [1-9]'" -s v -l verbose -d 'say more'
complete -c virt-shaper -n "__virt_shaper_at --not 'hook [1-9]'" -s h -l help -d 'display help for command'
complete -c virt-shaper -n "__virt_shaper_at 'check .*'" -l json -d 'as data: bits per second'
complete -c virt-shaper -n "__virt_shaper_at 'set .*'" -l group -d 'NAME is a group'
complete -c virt-shaper -n "__virt_shaper_at 'set .*'" -l load -d 'apply the configuration then'
complete -c virt-shaper -n "__virt_shaper_at 'set 0'" -f -a '(__virt_shaper_names known)'
complete -c virt-shaper -n "__virt_shaper_at 'set .*'" -f -a 'ceil ceil.out ceil.in rate rate.out rate.in group leaf local pps storm'
complete -c virt-shaper -n "__virt_shaper_at 'unset .*'" -l group -d 'NAME is a group'
complete -c virt-shaper -n "__virt_shaper_at 'unset .*'" -l load -d 'apply the configuration then'
complete -c virt-shaper -n "__virt_shaper_at 'unset 0'" -f -a '(__virt_shaper_names known)'
complete -c virt-shaper -n "__virt_shaper_at 'unset .*'" -f -a 'ceil ceil.out ceil.in rate rate.out rate.in group leaf local pps storm'
complete -c virt-shaper -n "__virt_shaper_at 'apply .*'" -l dry-run -d 'only say what would change (status 3 if anything)'
complete -c virt-shaper -n "__virt_shaper_at 'apply .*'" -l json -d 'with --dry-run: as data'
complete -c virt-shaper -n "__virt_shaper_at 'apply .*'" -l commands -d 'with --dry-run: the nft, tc and ip lines that would run'
complete -c virt-shaper -n "__virt_shaper_at 'apply .*'" -l confirm -r -f -d 'go back to the former policy unless confirmed within this time'
complete -c virt-shaper -n "__virt_shaper_at 'load .*'" -l dry-run -d 'only show what would change, as plan does'
complete -c virt-shaper -n "__virt_shaper_at 'load .*'" -l json -d 'with --dry-run: as data'
complete -c virt-shaper -n "__virt_shaper_at 'load .*'" -l confirm -r -f -d 'go back to the former policy unless confirmed within this time'
complete -c virt-shaper -n "__virt_shaper_at 'plan .*'" -l json -d 'as data'
complete -c virt-shaper -n "__virt_shaper_at 'plan .*'" -l commands -d 'the nft, tc and ip lines that load would run'
complete -c virt-shaper -n "__virt_shaper_at 'plan .*'" -l at -r -f -d 'what sync would change then: "2026-12-24 20:00", or 20:00'
complete -c virt-shaper -n "__virt_shaper_at 'verify .*'" -l json -d 'as data'
complete -c virt-shaper -n "__virt_shaper_at 'limit .*'" -l ceil -r -f -d 'the most that it may reach'
complete -c virt-shaper -n "__virt_shaper_at 'limit .*'" -l rate -r -f -d 'what it is guaranteed'
complete -c virt-shaper -n "__virt_shaper_at 'limit .*'" -l out -d 'only what it sends; with a rate, the ceil of that'
complete -c virt-shaper -n "__virt_shaper_at 'limit .*'" -l in -d 'only what it receives; with a rate, the ceil of that'
complete -c virt-shaper -n "__virt_shaper_at 'limit .*'" -l for -r -f -d 'how long: 30min, 2h, 3d; without end until it is lifted'
complete -c virt-shaper -n "__virt_shaper_at 'limit .*'" -l until -r -f -d 'when it ends: "2026-12-24 20:00", or 20:00 when that comes next'
complete -c virt-shaper -n "__virt_shaper_at 'limit .*'" -l why -r -f -d 'for those who read virt-shaper limits'
complete -c virt-shaper -n "__virt_shaper_at 'limit .*'" -l group -d 'NAME is a group'
complete -c virt-shaper -n "__virt_shaper_at 'limit .*'" -l unmarked -d 'NAME is an uplink, and what no guest owns there is meant'
complete -c virt-shaper -n "__virt_shaper_at 'limit .*'" -l lift -d 'take back all that was set for NAME'
complete -c virt-shaper -n "__virt_shaper_at 'limit 0'" -f -a '(__virt_shaper_names known)'
complete -c virt-shaper -n "__virt_shaper_at 'limits .*'" -l json -d 'as data: bits per second'
complete -c virt-shaper -n "__virt_shaper_at 'status .*'" -l json -d 'as data: bits per second, bytes'
complete -c virt-shaper -n "__virt_shaper_at 'status .*'" -l interval -r -f -d 'what "now" is taken over; 0 leaves it out (1)'
complete -c virt-shaper -n "__virt_shaper_at 'status .*'" -f -a '(__virt_shaper_names in-force)'
complete -c virt-shaper -n "__virt_shaper_at 'tree .*'" -l json -d 'as data: bits per second, bytes'
complete -c virt-shaper -n "__virt_shaper_at 'tree .*'" -l interval -r -f -d 'what "now" is taken over; 0 leaves it out (1)'
complete -c virt-shaper -n "__virt_shaper_at 'tree .*'" -f -a '(__virt_shaper_names in-force)'
complete -c virt-shaper -n "__virt_shaper_at 'top .*'" -l interval -r -f -d 'time between two readings (1)'
complete -c virt-shaper -n "__virt_shaper_at 'top .*'" -l once -d 'one frame as plain text; so it is where there is no terminal'
complete -c virt-shaper -n "__virt_shaper_at 'top .*'" -l json -d 'one frame as data'
complete -c virt-shaper -n "__virt_shaper_at 'explain .*'" -l json -d 'as data'
complete -c virt-shaper -n "__virt_shaper_at 'explain 0'" -f -a '(__virt_shaper_names known)'
complete -c virt-shaper -n "__virt_shaper_at 'usage .*'" -l group -d 'groups, in place of guests'
complete -c virt-shaper -n "__virt_shaper_at 'usage .*'" -l uplink -d 'uplinks, with what belongs to no guest'
complete -c virt-shaper -n "__virt_shaper_at 'usage .*'" -l month -r -f -d 'of this month, as 2026-11 (the running one)'
complete -c virt-shaper -n "__virt_shaper_at 'usage .*'" -l since -r -f -d 'from this day on, as 2026-11-30'
complete -c virt-shaper -n "__virt_shaper_at 'usage .*'" -l day -d 'a line for each day'
complete -c virt-shaper -n "__virt_shaper_at 'usage .*'" -l months -d 'a line for each month'
complete -c virt-shaper -n "__virt_shaper_at 'usage .*'" -l p95 -d 'with the 95th percentile of the averages over five minutes'
complete -c virt-shaper -n "__virt_shaper_at 'usage .*'" -l json -d 'as data: bytes, bits per second'
complete -c virt-shaper -n "__virt_shaper_at 'usage .*'" -l csv -d 'as CSV'
complete -c virt-shaper -n "__virt_shaper_at 'usage .*'" -l html -r -F -d 'write a page with bars for each day; - prints it'
complete -c virt-shaper -n "__virt_shaper_at 'usage .*'" -f -a '(__virt_shaper_names known)'
complete -c virt-shaper -n "__virt_shaper_at 'metrics .*'" -l output -r -F -d 'write it there, whole or not at all, for the textfile collector'
complete -c virt-shaper -n "__virt_shaper_at 'import .*'" -l from -r -f -a 'bandwidth.conf libvirt proxmox' -d 'bandwidth.conf, libvirt or proxmox; seen from the files when left out'
complete -c virt-shaper -n "__virt_shaper_at 'import .*'" -F
complete -c virt-shaper -n "__virt_shaper_at 'sync .*'" -l settle -r -f -d 'wait first, until no other sync was wanted for so long; end at once when another one waits already'
complete -c virt-shaper -n "__virt_shaper_at 'sync .*'" -l in-force -d 'by the configuration that was loaded last; nothing after virt-shaper unload'
complete -c virt-shaper -n "__virt_shaper_at 'sync .*'" -l service -d 'what virt-shaper.service runs: at boot, nothing after virt-shaper unload'
complete -c virt-shaper -n "__virt_shaper_at 'doctor .*'" -l json -d 'as data'
complete -c virt-shaper -n "__virt_shaper_at 'init .*'" -l print -d 'print it instead'
complete -c virt-shaper -n "__virt_shaper_at 'hooks .*'" -l json -d 'with status: as data'
complete -c virt-shaper -n "__virt_shaper_at 'hooks 0'" -f -a 'install remove status'
complete -c virt-shaper -n "__virt_shaper_at 'hook 0'" -f -a 'qemu lxc network'
complete -c virt-shaper -n "__virt_shaper_at 'hook 1'" -f -a '(__virt_shaper_names guests)'
complete -c virt-shaper -n "__virt_shaper_at 'hook 2'" -f -a 'prepare start started stopped release restore migrate reconnect attach port-created port-deleted updated'
complete -c virt-shaper -n "__virt_shaper_at 'hook 3'" -f -a 'begin end -'
complete -c virt-shaper -n "__virt_shaper_at 'hook 4'" -f -a '-'
complete -c virt-shaper -n "__virt_shaper_at 'help 0'" -f -a 'check set unset apply render load confirm plan verify limit limits unload status tree top explain usage metrics import sync doctor init hooks hook help'
