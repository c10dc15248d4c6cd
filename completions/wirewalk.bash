# bash completion for wirewalk
_wirewalk()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command="" i files=""
    local commands="demo run step grade exercise shell check fmt generate draw packetdrill bench"

    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        demo | run | step | grade | exercise | shell | check | fmt | generate | draw | packetdrill | bench)
            command=${COMP_WORDS[i]}
            break
            ;;
        esac
    done
    case $prev in
    --lang) COMPREPLY=($(compgen -W "en zh" -- "$cur")) && return ;;
    --format)
        [[ $command == grade ]] && COMPREPLY=($(compgen -W "text json junit gradescope csv html" -- "$cur")) && return
        COMPREPLY=($(compgen -W "text json" -- "$cur")) && return
        ;;
    --for) COMPREPLY=($(compgen -W "auto student teacher" -- "$cur")) && return ;;
    --match) COMPREPLY=($(compgen -W "exact relaxed" -- "$cur")) && return ;;
    --ip_version) COMPREPLY=($(compgen -W "ipv4 ipv6 ipv4-mapped-ipv6" -- "$cur")) && return ;;
    --detail) COMPREPLY=($(compgen -W "brief normal full" -- "$cur")) && return ;;
    --save) COMPREPLY=($(compgen -d -- "$cur")) && return ;;
    --pcap | --trace | --state | --outputs | --script | --walk | -o | --output) COMPREPLY=($(compgen -f -- "$cur")) && return ;;
    --seed | --until | --threads | --jobs) return ;;
    esac
    if [[ -z $command ]]; then
        COMPREPLY=($(compgen -W "$commands --lang --version --help" -- "$cur"))
        return
    fi
    if [[ $cur == -* ]]; then
        local options="--lang --help"
        case $command in
        demo) options+=" --pcap --trace --save" ;;
        run) options+=" --pcap --pcap-dir --pcap-at --pcap-of --trace --state --outputs --seed --until --threads --quiet --detail --chapters --format" ;;
        step) options+=" --script --screen --seed --until --hash --at --run --student" ;;
        grade) options+=" --format --output --jobs --for --each --student --variants --now --published --quiet" ;;
        exercise) options+=" --student --output" ;;
        shell) options+=" --pcap --pcap-dir --pcap-at --pcap-of --trace --seed" ;;
        check) options+=" --quiet --format --strict" ;;
        fmt) options+=" --write --check" ;;
        generate) options+=" --output --walk --hosts --routers --degree --k --buildings --floors --seed" ;;
        draw) options+=" --output" ;;
        packetdrill) options+=" --match --extra-acks --define --ip_version --local_ip --remote_ip --gateway_ip --netmask_ip --mtu --mss --tolerance_usecs --show --quiet --format" ;;
        esac
        COMPREPLY=($(compgen -W "$options" -- "$cur"))
        return
    fi
    case $command in
    run | step) files='!*.@(walk|sock|task).yaml' ;;
    grade) files='!*.yaml' ;;
    exercise)
        COMPREPLY=($(compgen -W "list new try hint pack" -- "$cur") $(compgen -f -- "$cur"))
        return
        ;;
    shell | draw) files='!*.net.yaml' ;;
    packetdrill) files='!*.pkt' ;;
    check | fmt) files='!*.@(net|walk|sock|task).yaml' ;;
    generate)
        COMPREPLY=($(compgen -W "line star random fat-tree campus" -- "$cur"))
        return
        ;;
    bench)
        COMPREPLY=($(compgen -W "$(wirewalk bench 2>/dev/null | sed -n 's/^  \([a-z0-9_]*\) .*/\1/p')" -- "$cur"))
        return
        ;;
    *) return ;;
    esac
    local glob_was_on=0
    shopt -q extglob && glob_was_on=1
    shopt -s extglob
    COMPREPLY=($(compgen -f -X "$files" -- "$cur") $(compgen -d -- "$cur"))
    ((glob_was_on)) || shopt -u extglob
    compopt -o filenames 2>/dev/null
}
complete -F _wirewalk wirewalk
