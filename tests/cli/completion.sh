#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion in bash, zsh and fish: commands, options, values, netdevs, labs; behind sudo as well, where the shell does that.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"
# a rxelab that knows two labs, for what is asked while completing
mkdir "$work/bin"
cat >"$work/bin/rxelab" <<'END'
#!/bin/sh
case $* in
"list --names") printf 'quad\nring\n' ;;
"list --endpoints") printf 'quad/ep1\nquad/ep2\nring/ep1\n' ;;
esac
END
ln -s /bin/true "$work/bin/sudo" # fish asks for the completion of programs that are there
chmod 755 "$work" "$work/bin" "$work/bin/rxelab"
PATH=$work/bin:$PATH

run __completion tcsh
is "there is none for another shell" test "$status" -eq 2
run __completion
"$RXELAB" __completion bash >"$work/bash"
is "without a name it is bash's" test "$out" = "$(cat "$work/bash")"

# completes WORD...: what bash offers for the last word
completes() {
	bash --norc -c '. "$0"; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _rxelab; printf "%s\n" "${COMPREPLY[@]}"' \
		"$work/bash" "$@" | sort | xargs
}
is "bash: commands" test "$(completes rxelab re)" = "reattach recreate report"
is "bash: options" test "$(completes rxelab up --rd)" = --rdma-netns
is "bash: the words of a value" test "$(completes rxelab up --plane h)" = hosted
is "bash: netdevs" grep -qw lo <<<"$(completes rxelab up --parent '')"
is "bash: labs" test "$(completes rxelab inspect r)" = ring
is "bash: endpoints" test "$(completes rxelab exec quad/)" = "quad/ep1 quad/ep2"
is "bash: verbs" test "$(completes rxelab module st)" = status
is "bash: files" test "$(cd "$work" && completes rxelab up ba)" = bash

if command -v fish >/dev/null; then
	"$RXELAB" __completion fish >"$work/rxelab.fish"
	offers() { HOME=$work XDG_CONFIG_HOME=$work fish -c "source '$work/rxelab.fish'; complete -C '$1'" | cut -f 1 | sort | xargs; }
	is "fish: commands" test "$(offers 'rxelab re')" = "reattach recreate report"
	is "fish: options" test "$(offers 'rxelab up --rd')" = --rdma-netns
	is "fish: the words of a value" test "$(offers 'rxelab up --plane h')" = hosted
	is "fish: netdevs" grep -qw lo <<<"$(offers 'rxelab up --parent ')"
	is "fish: labs" test "$(offers 'rxelab inspect r')" = ring
	is "fish: endpoints" test "$(offers 'rxelab exec quad/')" = "quad/ep1 quad/ep2"
	is "fish: behind sudo" test "$(offers 'sudo rxelab re')" = "reattach recreate report"
else
	skip "fish" "there is no fish"
fi

if command -v zsh >/dev/null; then
	"$RXELAB" __completion zsh >"$work/_rxelab"
	# what zsh's own functions are told, a line each
	told() {
		zsh -f -c 'words=("${@:2}") CURRENT=$#words
			_arguments() { print -rl -- "$@" }
			_describe() { print -rl -- "${(@P)2}" }
			complete_it() { . $1 }
			complete_it "$1"' zsh "$work/_rxelab" "$@"
	}
	is "zsh: commands" grep -q '^recreate:.' <<<"$(told rxelab re)"
	is "zsh: options, with their help" grep -q '^--rdma-netns=\[.*\]:' <<<"$(told rxelab up --rd)"
	is "zsh: the words of a value" grep -q '^--plane=.*:(auto netns hosted)$' <<<"$(told rxelab up --plane h)"
	is "zsh: netdevs" grep -q '^--parent=.*:(.*\blo\b.*)$' <<<"$(told rxelab up --parent '')"
	is "zsh: labs" grep -qxF '*: :(quad ring)' <<<"$(told rxelab inspect r)"
	is "zsh: endpoints" grep -qxF '*: :(quad/ep1 quad/ep2 ring/ep1)' <<<"$(told rxelab exec quad/)"
else
	skip "zsh" "there is no zsh"
fi
finish
