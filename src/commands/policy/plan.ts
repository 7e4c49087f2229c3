// virt-shaper plan: what load would change and for whom, without changing it.
export { planRules as planCommand } from '../../operations/plan-rules.ts';
