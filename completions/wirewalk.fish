# fish completion for wirewalk
set -l commands demo run shell check fmt draw bench

complete -c wirewalk -f
complete -c wirewalk -l lang -x -a 'en zh' -d 'Language of all messages'
complete -c wirewalk -s h -l help -d 'Help'
complete -c wirewalk -n "not __fish_seen_subcommand_from $commands" -l version -d 'Version'
complete -c wirewalk -n "not __fish_seen_subcommand_from $commands" -a demo -d 'A PC visits a web server'
complete -c wirewalk -n "not __fish_seen_subcommand_from $commands" -a run -d 'Run a scenario'
complete -c wirewalk -n "not __fish_seen_subcommand_from $commands" -a shell -d 'Type commands on any node'
complete -c wirewalk -n "not __fish_seen_subcommand_from $commands" -a check -d 'Say what is wrong with files'
complete -c wirewalk -n "not __fish_seen_subcommand_from $commands" -a fmt -d 'Rewrite files in the canonical form'
complete -c wirewalk -n "not __fish_seen_subcommand_from $commands" -a draw -d 'A picture of a topology'
complete -c wirewalk -n "not __fish_seen_subcommand_from $commands" -a bench -d 'Measure the simulator'

complete -c wirewalk -n '__fish_seen_subcommand_from demo run shell' -l pcap -r -F -d 'Capture every port'
complete -c wirewalk -n '__fish_seen_subcommand_from demo run shell' -l trace -r -F -d 'JSON lines with causes'
complete -c wirewalk -n '__fish_seen_subcommand_from demo' -l save -x -a '(__fish_complete_directories)' -d 'Write its files'
complete -c wirewalk -n '__fish_seen_subcommand_from run' -l state -r -F -d 'Tables as JSON'
complete -c wirewalk -n '__fish_seen_subcommand_from run' -l outputs -r -F -d 'What commands printed'
complete -c wirewalk -n '__fish_seen_subcommand_from run shell' -l seed -x -d 'Seed of chance'
complete -c wirewalk -n '__fish_seen_subcommand_from run' -l until -x -d 'When to end'
complete -c wirewalk -n '__fish_seen_subcommand_from run' -l threads -x -d 'Accepted'
complete -c wirewalk -n '__fish_seen_subcommand_from run check' -s q -l quiet -d 'Only what failed'
complete -c wirewalk -n '__fish_seen_subcommand_from run' -l detail -x -a 'brief normal full' -d 'How much is told'
complete -c wirewalk -n '__fish_seen_subcommand_from run' -l chapters -d 'Headings'
complete -c wirewalk -n '__fish_seen_subcommand_from run check' -l format -x -a 'text json' -d 'The result'
complete -c wirewalk -n '__fish_seen_subcommand_from fmt' -s i -l write -d 'In place'
complete -c wirewalk -n '__fish_seen_subcommand_from fmt' -l check -d 'Only say'
complete -c wirewalk -n '__fish_seen_subcommand_from draw' -s o -l output -r -F -d 'Where'
complete -c wirewalk -n '__fish_seen_subcommand_from run' -a '(__fish_complete_suffix .walk.yaml)'
complete -c wirewalk -n '__fish_seen_subcommand_from shell draw' -a '(__fish_complete_suffix .net.yaml)'
complete -c wirewalk -n '__fish_seen_subcommand_from check fmt' -a '(__fish_complete_suffix .yaml)'
complete -c wirewalk -n '__fish_seen_subcommand_from bench' -a "(wirewalk bench 2>/dev/null | string match -rg '^  ([a-z0-9_]+) ')"
