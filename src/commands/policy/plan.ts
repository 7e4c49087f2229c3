// virt-shaper plan: prints what load would change, and for which guests, without changing anything.
export { planRules as planCommand } from '../../operations/plan-rules.ts';
