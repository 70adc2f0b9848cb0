import { Dialog } from '../ui/dialog.tsx'

const KEYS = [
  [['j', '↓'], 'next call'],
  [['k', '↑'], 'call before'],
  [['a'], 'approve: then a comment if you like, and Enter'],
  [['d'], 'deny: then a comment if you like, and Enter'],
  [['e'], 'edit the arguments, and approve the call as edited'],
  [['n'], 'next call that waits'],
  [['x'], 'take into a batch, or out of it'],
  [['X'], 'take all calls like this one into a batch'],
  [['/'], 'filter the list'],
  [['Esc'], 'back, or empty the batch'],
] as const

export function KeyboardHelp({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <table class="plain">
        <tbody>
          {KEYS.map(([keys, meaning]) => (
            <tr key={meaning}>
              <th scope="row">
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </th>
              <td>{meaning}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  )
}
