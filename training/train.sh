#!/bin/sh
# Reproduces models/ and test/golden/: two to two and a half hours on two cores, one hour of it for
# the large base. Interrupt it at will: run again, it goes on from what is in training/work/.
set -eu
cd "$(dirname "$0")/.."

python3 -m venv training/.venv
. training/.venv/bin/activate
pip install --quiet --requirement training/requirements.txt

export OMP_NUM_THREADS=1
python -m training.tokenizer
python -m training.pretrain small &
small=$!
python -m training.pretrain large
wait "$small"
python -m training.choose
python -m training.choose_styled
python -m training.reward
python -m training.reward_next
python -m training.reward_auto
python -m training.judge
python -m training.export
python -m training.golden
python -m training.golden_rewards
python -m training.report
python -m training.style_report
python -m training.card
python -m pytest -q training
