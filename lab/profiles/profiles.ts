// How well answers suit simulated users who have a profile, and what they are to be compared with. Prints
// Markdown and, unless it is quick, draws docs/figures/profiles.svg.
import { experiment } from '../shared/experiment.ts';
import { machineFacts } from '../shared/measure.ts';
import { plotLines, writeFigure } from '../shared/plot.ts';
import { questionScale } from '../preferences/users.ts';
import { measureProfileCost } from './cost.ts';
import { gatherEvidence } from './evidence.ts';
import { evidencePanels, showProfiles, type ProfilesResults } from './report.ts';
import { openStage, sceneFlags } from './scene.ts';

export default experiment({
  flags: sceneFlags,
  async run(flags, print) {
    await using stage = await openStage(flags);
    const scene = await stage.scene([stage.recipe], await stage.questions('heldout'));
    const evidence = await gatherEvidence({
      ...stage,
      scene,
      trials: await stage.questions('validation'),
    });
    const costs = await measureProfileCost(scene, stage.extent.rounds);
    const results: ProfilesResults = { machine: machineFacts(), evidence, costs };
    print(showProfiles(results));
    if (!flags.quick) {
      const title = 'How well answers suit users by the number of their answers';
      await writeFigure(
        'profiles',
        plotLines(evidencePanels(evidence), { title, ...questionScale }),
      );
    }
    return { data: results };
  },
});
