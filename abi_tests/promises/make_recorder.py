#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the assembly of a library that stands in front of a TLS library's entry points.

make_recorder.py PLUGIN.so SONAME: for every function that the plugin takes from SONAME, a function of
the same name that tells recorder.c of the call and goes on to the real one, with all argument
registers as they were (x86-64 System V).
"""
import subprocess
import sys


def symbols(path, option):
    out = subprocess.run(["nm", "-D", option, path], check=True, capture_output=True, text=True)
    for line in out.stdout.splitlines():
        fields = line.split()
        name = fields[-1].split("@")[0]
        yield name, fields[-2]


def main():
    plugin, soname = sys.argv[1:]
    library = subprocess.run(["gcc", "-print-file-name=" + soname], check=True,
                             capture_output=True, text=True).stdout.strip()
    functions = {name for name, kind in symbols(library, "--defined-only") if kind in "TWi"}
    wanted = sorted(name for name, _ in symbols(plugin, "--undefined-only") if name in functions)
    if not wanted:
        sys.exit("%s takes nothing from %s" % (plugin, soname))
    print('.section .rodata')
    print('.globl recorder_library\n.hidden recorder_library\nrecorder_library: .asciz "%s"' % soname)
    for i, name in enumerate(wanted):
        print('.Lname%d: .asciz "%s"' % (i, name))
    print('.section .data.rel.ro,"aw"\n.balign 8')
    print('.globl recorder_names\n.hidden recorder_names\nrecorder_names:')
    for i in range(len(wanted)):
        print("  .quad .Lname%d" % i)
    print("  .quad 0\n.text")
    for i, name in enumerate(wanted):
        print(".globl %s\n.type %s,@function\n%s:\n  endbr64\n  movl $%d, %%r11d\n  jmp recorder_jump"
              % (name, name, name, i))
    print("""
recorder_jump:
  pushq %rbp
  movq %rsp, %rbp
  pushq %rax
  pushq %rdi
  pushq %rsi
  pushq %rdx
  pushq %rcx
  pushq %r8
  pushq %r9
  subq $136, %rsp
  movaps %xmm0, (%rsp)
  movaps %xmm1, 16(%rsp)
  movaps %xmm2, 32(%rsp)
  movaps %xmm3, 48(%rsp)
  movaps %xmm4, 64(%rsp)
  movaps %xmm5, 80(%rsp)
  movaps %xmm6, 96(%rsp)
  movaps %xmm7, 112(%rsp)
  movl %r11d, %edi
  call recorder_enter
  movq %rax, %r11
  movaps (%rsp), %xmm0
  movaps 16(%rsp), %xmm1
  movaps 32(%rsp), %xmm2
  movaps 48(%rsp), %xmm3
  movaps 64(%rsp), %xmm4
  movaps 80(%rsp), %xmm5
  movaps 96(%rsp), %xmm6
  movaps 112(%rsp), %xmm7
  addq $136, %rsp
  popq %r9
  popq %r8
  popq %rcx
  popq %rdx
  popq %rsi
  popq %rdi
  popq %rax
  popq %rbp
  jmp *%r11
.section .note.GNU-stack,"",@progbits""")


if __name__ == "__main__":
    main()
