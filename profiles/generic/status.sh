#!/bin/sh
# What PBS says of a job, in the one word that Snakemake expects.
if ! record=$(qstat -x -f "$1" 2>&1); then
  case $record in
    *[Uu]nknown*[Jj]ob* | *[Hh]istory*) echo failed ;; # forgotten: nobody can say how it ended
    *) echo running ;; # no answer is no verdict: ask again later
  esac
  exit
fi
case $record in
  *"job_state = F"*"Exit_status = 0"*) echo success ;;
  *"job_state = F"*) echo failed ;;
  *) echo running ;;
esac
